"""Faces: what is known of the picture that a user of the platform was given."""

from enum import StrEnum

import msgspec

from syncd.model.source import Entry


class FaceState(StrEnum):
    """What became of the last try to give a user a face, or to take it away.

    What is `refused` by the platform and what is `unfit` is not tried again until the picture changes; what `failed` is
    tried again by the next pass.
    """

    SENT = "sent"
    REFUSED = "refused"
    UNFIT = "unfit"
    CLEARED = "cleared"
    FAILED = "failed"


class Face(msgspec.Struct, frozen=True):
    """What is known of the face of one linked user, named by source and key.

    `mark` is what the source said of the picture that was last dealt with: while it says the same the picture is the
    same, and `""` says nothing. `original` is the hash of that picture, `sent` that of the one that the platform took
    last, `""` where it has none from us; both are SHA-256 in hex. `at` is in seconds since the epoch, `tries` counts
    the failures in a row, and how often a face that was sent had to be sent again because somebody took it away.
    """

    source: str
    key: str
    platform_id: str
    state: FaceState
    mark: str = ""
    original: str = ""
    sent: str = ""
    code: str = ""
    message: str = ""
    at: float = 0.0
    tries: int = 0

    @property
    def identity(self) -> tuple[str, str]:
        """Give (source, key)."""
        return (self.source, self.key)


class ShownFace(msgspec.Struct, frozen=True, gc=False):
    """Whether the platform shows a face of a user; the address itself is opaque."""

    id: str
    has_face: bool


UNSEEN = "?"
"""The mark of a picture of which only a try to read it tells whether it is there, or what is wrong with it."""


class Sought(msgspec.Struct, frozen=True):
    """Where the picture of one person is to be looked for: in an entry, or at a place, which is a path or a URL.

    `key` is the person's. The entry is the person's own, or that of a source which has the picture.
    """

    key: str
    entry: Entry
    place: str = ""


class Sighting(msgspec.Struct, frozen=True):
    """What is known of a picture before it is read.

    `mark` is what its source says of it, `""` nothing, and `None` that there is none. `fault` says why it cannot be
    looked for.
    """

    sought: Sought | None = None
    mark: str | None = None
    fault: str = ""


NO_PICTURE = Sighting()


class Picture(msgspec.Struct, frozen=True):
    """One picture as its source gave it; no content means that there is none, `is_same` that the mark still holds."""

    content: bytes = b""
    mark: str = ""
    is_same: bool = False


class Fitted(msgspec.Struct, frozen=True):
    """A picture as it is sent, in bytes and pixels; no content means that it cannot be made fit.

    `finding` says why not; `notes` say what was done to it that a person might want to know.
    """

    content: bytes = b""
    width: int = 0
    height: int = 0
    finding: str = ""
    notes: tuple[str, ...] = ()
