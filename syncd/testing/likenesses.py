"""Pictures for tests: large shapes and a little noise, as a photograph has them; another number is another picture."""

import hashlib
import io

from PIL import Image


def likeness(number: int = 0, width: int = 480, height: int = 640, subtype: str = "jpeg") -> bytes:
    """Give the content of a file."""
    shapes = Image.frombytes("RGB", (16, 16), hashlib.shake_256(str(number).encode()).digest(768))
    noise = Image.frombytes("RGB", (width, height), hashlib.shake_256(b"noise").digest(width * height * 3))
    file = io.BytesIO()
    Image.blend(shapes.resize((width, height), Image.Resampling.BICUBIC), noise, 0.1).save(file, subtype)
    return file.getvalue()
