"""The words for faces in English."""

from collections.abc import Mapping

TEXTS: Mapping[str, str] = {
    "field.face": "face",
    "face_outcome.sent": "sent",
    "face_outcome.same": "unchanged",
    "face_outcome.cleared": "taken away",
    "face_outcome.unfit": "unfit",
    "face_outcome.refused": "refused",
    "face_outcome.failed": "failed",
    "face_outcome.held": "held",
    "face_outcome.pending": "pending",
    "status.faces": "Faces",
    "status.last_faces": "Last pass",
    "status.last_faces_bad": "The last pass of faces ended as: {outcome}",
    "faces.all": "faces",
    "faces.of": "face of {place}",
    "faces.approve": "To let these faces be taken away: syncd reconcile --approve {fingerprint}",
    "faces.total": "Faces: {outcome}: {counts}.",
}
