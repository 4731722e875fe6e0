"""The words for faces in Chinese."""

from collections.abc import Mapping

TEXTS: Mapping[str, str] = {
    "field.face": "人脸",
    "face_outcome.sent": "已发送",
    "face_outcome.same": "没有变化",
    "face_outcome.cleared": "已清除",
    "face_outcome.unfit": "不合格",
    "face_outcome.refused": "被平台拒绝",
    "face_outcome.failed": "失败",
    "face_outcome.held": "被拦截",
    "face_outcome.pending": "未执行",
    "status.faces": "人脸",
    "status.last_faces": "上次处理",
    "status.last_faces_bad": "上次人脸处理的结果：{outcome}",
    "faces.all": "人脸",
    "faces.of": "{place} 的人脸",
    "faces.approve": "如要批准清除这些人脸：syncd reconcile --approve {fingerprint}",
    "faces.total": "人脸：{outcome}：{counts}。",
}
