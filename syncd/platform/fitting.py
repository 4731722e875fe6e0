"""Pictures made fit to be a face: whatever a directory holds becomes what the document wants (user/updateFace).

What comes out is always a jpg without metadata, and the same picture always gives the same bytes.
"""

import io
import math
import warnings
from typing import TYPE_CHECKING

from syncd.model.faces import Fitted
from syncd.platform.faces import FAULTS, HIGHEST, LARGEST, OPENING, SMALLEST, WIDEST, opened
from syncd.platform.jpeg_scans import scans

if TYPE_CHECKING:
    from PIL import Image

# Anybody may put a picture into an entry, so no format is here that another program would run (EPS), nor TIFF: its
# library has had many holes, and writes to standard error, where the log is.
READABLE = ("JPEG", "PNG", "GIF", "BMP", "WEBP")
BY_START = {b"II*\0": "TIFF", b"MM\0*": "TIFF", b"%!PS": "EPS", b"<svg": "SVG", b"%PDF": "PDF"}
BY_BRAND = {b"heic": "HEIC", b"heix": "HEIC", b"hevc": "HEIC", b"mif1": "HEIF", b"msf1": "HEIF", b"avif": "AVIF"}
MOST_BYTES = 40_000_000
MOST_PIXELS = 50_000_000
"""Of a jpg, such as the best telephones make; it is decoded no larger than it is needed."""
MOST_PIXELS_WHOLE = 16_000_000
"""Of what is decoded whole: 64 MB for each copy, and up to five of them for a moment."""
MOST_SCANS = 100
SCALED_DECODING = frozenset({"JPEG", "MPO"})
LEAST_SIDE = 120
"""Pixels below which a picture is too poor: a face that fills two thirds of it has 40 pixels between the eyes."""
QUALITIES = ((90, "4:2:0"), (95, "4:4:4"), (100, "4:4:4"))
LESS = ((80, "4:2:0"), (60, "4:2:0"))
STEP = 1.25
WHITE = (255, 255, 255)
WITH_ALPHA = frozenset({"RGBA", "LA", "PA", "RGBa", "La"})
SIXTEEN_BITS = frozenset({"I", "I;16", "I;16L", "I;16B", "I;16N"})


def fitted(original: bytes) -> Fitted:
    """Make a picture fit, or say why it cannot be: what it is told from is its content, never a name.

    Larger than the document allows: scaled down. Fewer bytes: saved better, then scaled up, never padded.
    """
    # What the library merely warns of is nobody's concern here, and the filters of warnings belong to all threads.
    with OPENING, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with _readable(original) as image:
                size = image.size  # a jpg is smaller once it is decoded
                return _saved(_plain(image), size)
        except Unfit as finding:
            return Fitted(finding=str(finding))
        except Exception as error:  # noqa: BLE001 - whatever a decoder falls over, it is this picture's fault (I11)
            return Fitted(finding=f"It is damaged or cut off ({error}); fetch or save it anew.")


class Unfit(Exception):
    """A picture cannot be made fit; the message says why."""


def _readable(original: bytes) -> "Image.Image":
    """Open it, its header read and judged."""
    if len(original) > MOST_BYTES:
        raise Unfit(f"It has {len(original)} bytes, and {MOST_BYTES} are the most that is looked at; save it smaller.")
    try:
        image = opened(original, READABLE)
    except FAULTS as error:
        raise Unfit(f"Its header cannot be used ({error}); save it anew.") from None
    if image is None:
        raise Unfit(f"It is {_kind(original)}; save it as jpg or png.")
    told = f"It is {image.width} x {image.height} pixels"
    is_scaled = image.format in SCALED_DECODING
    if image.width * image.height > (most := MOST_PIXELS if is_scaled else MOST_PIXELS_WHOLE):
        raise Unfit(f"{told}, {most} in all at most; scale it down{'' if is_scaled else ', or save it as jpg'}.")
    if is_scaled and scans(original, MOST_SCANS) > MOST_SCANS:
        raise Unfit(f"It has more than {MOST_SCANS} scans, which no camera makes; save it anew.")
    if min(image.size) < LEAST_SIDE:
        raise Unfit(
            f"{told}, too poor for a face to be known by: each side needs {LEAST_SIDE} at least; take a better picture."
        )
    return image


def _kind(content: bytes) -> str:
    """Name what is no picture that can be read."""
    brand = BY_BRAND.get(content[8:12]) if content[4:8] == b"ftyp" else BY_START.get(content[:4])
    if brand:
        return f"{'an' if brand[0] in 'AES' else 'a'} {brand} file, which is not read"
    return "no picture that can be read" if content else "empty"


def _plain(image: "Image.Image") -> "Image.Image":
    """Decode it, upright, in colours without transparency, within the bounds, and without whatever else was with it."""
    from PIL import Image, ImageOps  # noqa: PLC0415 - slow to import, and needed by few

    share = _widest_share(image)
    image.draft(None, (math.ceil(image.width * share), math.ceil(image.height * share)))  # no larger than it is needed
    image.load()
    upright = _coloured(ImageOps.exif_transpose(image))
    # The name of the original's own profile, comments and places would else be written into the copy.
    upright.info = {}
    share = min(1.0, WIDEST / upright.width, HIGHEST / upright.height)
    if min(upright.size) * share < LEAST_SIDE:
        raise Unfit(f"It is so long that less than {LEAST_SIDE} pixels of a side are left; cut it to the face.")
    return upright if share == 1 else upright.resize(_scaled(upright, share), Image.Resampling.LANCZOS, reducing_gap=3)


def _widest_share(image: "Image.Image") -> float:
    """Give how far it is scaled down at least, lying or standing: which of them only its metadata tell."""
    wide, high = image.size
    return min(1.0, max(min(WIDEST / wide, HIGHEST / high), min(WIDEST / high, HIGHEST / wide)))


def _coloured(image: "Image.Image") -> "Image.Image":
    from PIL import Image  # noqa: PLC0415 - as above

    if image.mode in SIXTEEN_BITS:
        return image.convert("I").point(lambda value: value / 256).convert("L").convert("RGB")
    if image.mode == "F":
        raise ValueError("its colours are numbers without a known range")
    if image.mode in WITH_ALPHA or "transparency" in image.info:
        clear = image.convert("RGBA")
        paper = Image.new("RGB", clear.size, WHITE)
        paper.paste(clear, mask=clear.getchannel("A"))
        return paper
    return image.convert("RGB")


def _scaled(image: "Image.Image", share: float) -> tuple[int, int]:
    width, height = round(image.width * share), round(image.height * share)
    return max(1, min(width, WIDEST)), max(1, min(height, HIGHEST))


def _saved(image: "Image.Image", size: tuple[int, int]) -> Fitted:
    """Save it with as many bytes as are wanted: better and better, then larger and larger."""
    notes = _notes(image, size)
    for quality, sampling in QUALITIES:
        content = _jpeg(image, quality, sampling)
        if len(content) >= SMALLEST:
            return _within(image, content, notes)
    most, factor = min(WIDEST / image.width, HIGHEST / image.height), 1.0
    while factor < most:
        factor = min(most, factor * max(STEP, math.sqrt(SMALLEST / len(content))))
        larger = image.resize(_scaled(image, factor), _bicubic())
        content = _jpeg(larger, *QUALITIES[-1])
        if len(content) >= SMALLEST:
            told = f"It has {image.width} x {image.height} pixels and is scaled up; it shows no more than before."
            return Fitted(content, *larger.size, notes=(*notes, told))
    raise Unfit(
        f"It shows too little: even at its largest and best it has {len(content)} bytes, and {SMALLEST} are wanted; "
        "take another picture."
    )


def _within(image: "Image.Image", content: bytes, notes: tuple[str, ...]) -> Fitted:
    for quality, sampling in LESS:
        if len(content) > LARGEST:
            content = _jpeg(image, quality, sampling)
    return Fitted(content, *image.size, notes=notes)


def _notes(image: "Image.Image", size: tuple[int, int]) -> tuple[str, ...]:
    if sorted(size) == sorted(image.size):
        return ()
    return (f"It has {size[0]} x {size[1]} pixels and is scaled down to {image.width} x {image.height}.",)


def _jpeg(image: "Image.Image", quality: int, sampling: str) -> bytes:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality, subsampling=sampling)
    return file.getvalue()


def _bicubic() -> "Image.Resampling":
    from PIL import Image  # noqa: PLC0415 - as above

    return Image.Resampling.BICUBIC
