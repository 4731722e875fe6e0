"""What the document wants of the picture of a face, which is judged by its content (Open API, user/updateFace)."""

import io
import struct
import warnings

from syncd.sandbox.arguments import invalid

SMALLEST = 204_800
"""Bytes, "200K" in the document."""
LARGEST = 5_000_000
"""Bytes, "5M" in the document."""
WIDEST = 1920
HIGHEST = 1080
ENDINGS = {"JPEG": "jpg", "MPO": "jpg", "PNG": "png"}  # MPO: a jpg with more pictures behind the first


def face_ending(picture: bytes) -> str:
    """Return the ending of a face's file name; raises `Rejected` for what is no face that the document allows.

    A picture whose header is within the limits is decoded as a whole. Whether it shows a face nobody looks at.
    """
    from PIL import Image  # noqa: PLC0415 - slow to import, and needed by few

    if not SMALLEST <= len(picture) <= LARGEST:
        raise invalid(f"a face has {SMALLEST} to {LARGEST} bytes, and this has {len(picture)}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image = Image.open(io.BytesIO(picture), formats=("JPEG", "PNG"))
        with image:
            width, height, kind = image.width, image.height, image.format or ""
            if width <= WIDEST and height <= HIGHEST:
                image.load()
    except (OSError, SyntaxError, ValueError, struct.error):
        raise invalid("a face is a jpg or png, and whole") from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise invalid(f"a face has {WIDEST} x {HIGHEST} pixels at most: {error}") from None
    if width > WIDEST or height > HIGHEST:
        raise invalid(f"a face has {WIDEST} x {HIGHEST} pixels at most, and this has {width} x {height}")
    return ENDINGS[kind]
