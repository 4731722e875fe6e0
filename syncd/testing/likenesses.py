"""Pictures for tests: large shapes and a little noise, as a photograph has them; another number is another picture."""

import base64
import hashlib
import io
from collections.abc import Mapping

from PIL import Image


def likeness(number: int = 0, width: int = 480, height: int = 640, subtype: str = "jpeg") -> bytes:
    """Give the content of a file."""
    shapes = Image.frombytes("RGB", (16, 16), hashlib.shake_256(str(number).encode()).digest(768))
    noise = Image.frombytes("RGB", (width, height), hashlib.shake_256(b"noise").digest(width * height * 3))
    file = io.BytesIO()
    Image.blend(shapes.resize((width, height), Image.Resampling.BICUBIC), noise, 0.1).save(file, subtype)
    return file.getvalue()


def pictured(ldif: bytes, pictures: Mapping[str, bytes], attribute: str = "jpegPhoto") -> bytes:
    """Give an LDIF text whose people have these pictures, by account."""
    lines = []
    for line in ldif.splitlines(keepends=True):
        lines.append(line)
        name, _, value = line.decode().partition(": ")
        if name == "uid" and (content := pictures.get(value.strip())):
            lines.append(f"{attribute}:: {base64.b64encode(content).decode()}\n".encode())
    return b"".join(lines)
