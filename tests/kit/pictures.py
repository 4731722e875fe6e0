"""Pictures that tests send, drawn once a process: drawing one costs more than most of what is done with it."""

import functools
import hashlib
import io
import struct
import zlib
from collections.abc import Mapping

from PIL import Image

# Options with which large files are written in a moment: png without a search for repetitions, webp without trials.
QUICKLY: Mapping[str, Mapping[str, object]] = {"png": {"compress_type": zlib.Z_HUFFMAN_ONLY}, "webp": {"method": 0}}


def encoded(image: Image.Image, subtype: str = "jpeg", **options: object) -> bytes:
    """Return a picture as a file."""
    file = io.BytesIO()
    if subtype == "gif" and image.mode == "RGB":
        # Pillow's own choice of 256 colours takes ten seconds for a large picture.
        image = image.quantize(256, Image.Quantize.FASTOCTREE)
    image.save(file, subtype, **options)
    return file.getvalue()


@functools.cache
def noise(
    subtype: str = "jpeg", width: int = 400, height: int = 300, quality: int = 100, *, progressive: bool = False
) -> bytes:
    """Return a file of noise, which hardly compresses; one of the usual size is what the document allows for a face."""
    image = Image.frombytes("RGB", (width, height), hashlib.shake_256().digest(width * height * 3))
    return encoded(image, subtype, quality=quality, progressive=progressive)


def photograph(width: int, height: int, mode: str = "RGB") -> Image.Image:
    """Return a picture of large shapes with a little noise, as a photograph has them; the caller may change it."""
    return _photograph(width, height).convert(mode)


@functools.cache
def photograph_file(width: int, height: int, subtype: str = "jpeg") -> bytes:
    """Return a photograph as a file."""
    return encoded(photograph(width, height), subtype, **QUICKLY.get(subtype, {}))


@functools.cache
def png_that_says(width: int, height: int) -> bytes:
    """Return a png file of a few bytes whose header claims so many pixels."""
    header = _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + _chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + _chunk(b"IEND", b"")


@functools.lru_cache(maxsize=8)
def _photograph(width: int, height: int) -> Image.Image:
    shapes = Image.frombytes("RGB", (16, 16), hashlib.shake_256().digest(768))
    grain = Image.frombytes("RGB", (width, height), hashlib.shake_256().digest(width * height * 3))
    return Image.blend(shapes.resize((width, height), Image.Resampling.BICUBIC), grain, 0.1)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
