"""Pictures of faces: what the document wants of one (Open API, user/updateFace), judged before it is sent."""

import io
import struct
import threading
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from syncd.errors import PlatformError

if TYPE_CHECKING:
    from PIL import Image

SMALLEST = 204_800  # bytes: "200K"
LARGEST = 5_000_000  # bytes: "5M"
WIDEST = 1920  # pixels
HIGHEST = 1080  # pixels
FORMATS = {"JPEG": "jpeg", "MPO": "jpeg", "PNG": "png"}  # MPO: a jpg with more pictures behind the first
FORMATS_SENT = ("JPEG", "PNG")
FAULTS = (OSError, SyntaxError, ValueError, EOFError, struct.error)
OPENING = threading.RLock()  # the filters of warnings belong to all threads


class FaceCheck(msgspec.Struct, frozen=True):
    """What a picture is, and what is wrong with it.

    `format` is `jpeg`, `png` or `""`; `width` and `height` are in pixels, `size` in bytes; each
    finding is a sentence that says what to do. Whether it shows a face nobody looks at.
    """

    format: str
    width: int
    height: int
    size: int
    findings: tuple[str, ...] = ()

    @property
    def is_fit(self) -> bool:
        """Tell whether the platform should take it."""
        return not self.findings


class FaceUnfit(PlatformError):
    """A picture is not what the document wants of a face; nothing was sent. `check` has the findings."""

    def __init__(self, check: FaceCheck) -> None:
        super().__init__("user/updateFace: the picture is not sent: " + " ".join(check.findings))
        self.check = check


def fit_face(picture: bytes) -> FaceCheck:
    """Check a picture, and raise `FaceUnfit` where it is not what the document wants."""
    check = check_face(picture)
    if not check.is_fit:
        raise FaceUnfit(check)
    return check


def check_face(picture: bytes) -> FaceCheck:
    """Judge the content of a file; no picture makes it take more than one of the largest allowed does.

    Format and size are read from the header; only a picture whose header is within the limits is decoded, which shows
    whether it is whole.
    """
    findings = [*_weight(len(picture))]
    if len(picture) > LARGEST:
        return FaceCheck("", 0, 0, len(picture), tuple(findings))
    try:
        image = opened(picture, FORMATS_SENT)
    except FAULTS as error:
        findings.insert(0, f"Its header cannot be used ({error}); save it anew.")
        return FaceCheck("", 0, 0, len(picture), tuple(findings))
    if image is None:
        findings.insert(0, "It is neither jpg nor png; save it as one of them.")
        return FaceCheck("", 0, 0, len(picture), tuple(findings))
    with image:
        findings += [*_extent(image)] or [*_whole(image)]
        return FaceCheck(FORMATS[image.format or ""], image.width, image.height, len(picture), tuple(findings))


def opened(picture: bytes, formats: tuple[str, ...]) -> "Image.Image | None":
    """Read the header, of one of these formats; nothing where it is of none.

    What Pillow only warns of (more pixels than are sane) is an error here, one of `FAULTS` as all that it raises.
    """
    from PIL import Image, UnidentifiedImageError  # noqa: PLC0415 - slow to import, and needed by few

    with OPENING, warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            return Image.open(io.BytesIO(picture), formats=formats)
        except UnidentifiedImageError:
            return None
        except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
            raise ValueError(str(error)) from None


def _weight(size: int) -> Iterator[str]:
    if size < SMALLEST:
        yield f"It has {size} bytes; save it with less compression or larger, so that it has {SMALLEST} at least."
    if size > LARGEST:
        yield f"It has {size} bytes; save it with more compression or smaller, so that it has {LARGEST} at most."


def _extent(image: "Image.Image") -> Iterator[str]:
    if image.width > WIDEST or image.height > HIGHEST:
        yield f"It is {image.width} x {image.height} pixels; scale it down to {WIDEST} x {HIGHEST} at most."


def _whole(image: "Image.Image") -> Iterator[str]:
    """Decode a picture whose header is within the limits."""
    try:
        image.load()
    except FAULTS as error:
        yield f"It is damaged or cut off ({error}); fetch or save it anew."
