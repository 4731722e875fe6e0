"""The words of `status` on a terminal in Chinese."""

from collections.abc import Mapping

TEXTS: Mapping[str, str] = {
    "standing.store": "存储 {store}，公司 {company}",
    "standing.last_run": "上次运行：{run}",
    "standing.last_good": "上次成功的完整运行：{at}",
    "standing.leader": "主实例：{host} 上的进程 {pid}，自 {since}",
    "standing.next": "下一次{duty}：{at}",
    "standing.duty.reconcile": "同步",
    "standing.duty.refresh": "刷新",
    "standing.duty.incremental": "增量读取",
    "standing.duty.faces": "发送人脸",
    "standing.duty.prune": "清理",
    "standing.objects": "{kinds}：已关联 {linked} 个，未管理 {unmanaged} 个，宽限期内 {leaving} 个",
    "standing.faces": "人脸：{counts}",
    "standing.last_faces": "上次处理人脸：{at}  {outcome}",
    "standing.drift": "平台被改动：{count} 个对象与上次写入的不一致",
    "standing.pending": "等待处理的事件：{count} 个，最早的已等待 {seconds} 秒",
    "standing.dead": "无法理解的事件：{count} 个；syncd events list --state dead",
    "standing.missed": "未通知的变更：平台上有 {count} 处变更没有收到事件，"
    "其中 {last} 处由最近一次刷新发现（{at}）；如持续出现，请检查平台能否访问我们的回调地址",
    "standing.failing": "已失败 {times} 次：{what}：{why}；再次发送：{next}",
    "standing.failing_more": "另有 {count} 个失败的操作",
    "standing.operation": "{action}{kind} {name}",
    "standing.refusal": "{code}：{message}",
    "standing.next_run": "下一次运行时",
    "standing.contended": "不再强制：{who}的{field}，有人反复改回",
    "standing.named": "{name}（键 {key}）",
    "standing.form": "平台以自己的形式保存{field}（{form}）：{kinds} {count} 个",
    "standing.held": "已拦截（{guards}），自 {at}：syncd show {fingerprint}，syncd approve {fingerprint}",
}
