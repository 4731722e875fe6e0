"""Whatever picture comes in, what goes out is as the document wants it, or nothing."""

import functools
import hashlib
import io
import struct
import subprocess
import sys
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from syncd.platform.faces import HIGHEST, LARGEST, SMALLEST, WIDEST, check_face
from syncd.platform.fitting import LEAST_SIDE, MOST_BYTES, fitted
from syncd.platform.jpeg_scans import scans as counted
from tests.kit.failures import Failures
from tests.kit.pictures import QUICKLY, encoded, photograph, photograph_file, png_that_says

MEASURED = """import sys
from syncd.platform.fitting import fitted
fitted(sys.stdin.buffer.read())
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


def jpeg_with(scans: int, width: int, height: int) -> bytes:
    """Return a progressive jpg of so many scans, each of which is a pass over all its pixels and costs few bytes."""

    def part(marker: int, content: bytes) -> bytes:
        return bytes((0xFF, marker)) + struct.pack(">H", len(content) + 2) + content

    blocks = -(-width // 8) * -(-height // 8)
    ends = "".join(f"0{'1' * 14}" for _ in range(-(-blocks // 32767)))  # each ends 32,767 blocks at once
    bits = ends + "1" * (-len(ends) % 8)
    codes = int(bits, 2).to_bytes(len(bits) // 8).replace(b"\xff", b"\xff\0")
    frame = part(0xC2, struct.pack(">BHHB", 8, height, width, 1) + b"\1\x11\0")
    tables = part(0xDB, b"\0" + b"\1" * 64) + b"".join(
        part(0xC4, bytes((kind, 1, *bytes(15), symbol))) for kind, symbol in ((0x00, 0), (0x10, 0xE0))
    )
    first = part(0xDA, b"\1\1\0\0\0\0") + bytes(-(-blocks // 8))
    return b"\xff\xd8" + tables + frame + first + (part(0xDA, b"\1\1\0\1\x3f\0") + codes) * (scans - 1) + b"\xff\xd9"


def shown(content: bytes) -> Image.Image:
    """Open what was made of a picture."""
    return Image.open(io.BytesIO(content))


@pytest.mark.parametrize("subtype", ["jpeg", "png", "gif", "bmp", "webp"])
@pytest.mark.parametrize("size", [(300, 400), (4000, 3000)])
def test_every_format_that_can_be_read_becomes_what_is_wanted(subtype: str, size: tuple[int, int]) -> None:
    """A small or large picture of every format becomes a jpg that the platform takes, in the same shape."""
    made = fitted(encoded(photograph(*size), subtype, **QUICKLY.get(subtype, {})))
    check = check_face(made.content)
    assert (made.finding, check.findings, check.format) == ("", (), "jpeg")
    assert (made.width, made.height) == (check.width, check.height)
    assert check.width / check.height == pytest.approx(size[0] / size[1], rel=0.01)


@pytest.mark.parametrize(
    ("mode", "subtype"),
    [
        *(("1", "png"), ("L", "png"), ("LA", "png"), ("P", "png"), ("P", "gif"), ("RGBA", "png"), ("RGBA", "webp")),
        *(("CMYK", "jpeg"), ("L", "jpeg"), ("I;16", "png"), ("YCbCr", "jpeg")),
    ],
)
def test_every_form_of_colour_becomes_rgb(mode: str, subtype: str) -> None:
    """A picture of any colour mode becomes an RGB picture that shows the same."""
    grey = photograph(500, 500, "L")
    image = grey.convert("I").point(lambda value: value * 257).convert("I;16") if mode == "I;16" else grey.convert(mode)
    made = fitted(encoded(image, subtype))
    assert (made.finding, shown(made.content).mode) == ("", "RGB")
    difference = sum(
        abs(one - other)
        for one, other in zip(
            shown(made.content).convert("L").resize((8, 8)).tobytes(), grey.resize((8, 8)).tobytes(), strict=True
        )
    )
    assert difference / 64 < 12, "it shows the same"


def test_what_is_transparent_is_white() -> None:
    """What is transparent in a picture becomes white, not black."""
    image = photograph(600, 600, "RGBA")
    image.putalpha(Image.linear_gradient("L").resize((600, 600)).point(lambda value: 255 if value > 128 else 0))
    corner = shown(fitted(encoded(image, "png")).content).getpixel((3, 3))
    assert isinstance(corner, tuple)
    assert min(corner) > 240


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_is_set_upright(orientation: int) -> None:
    """A picture is turned upright as its EXIF orientation says, and loses the note that said so."""
    image = photograph(400, 300)
    image.paste((255, 0, 0), (0, 0, 200, 150))
    exif = Image.Exif()
    exif[0x0112] = orientation
    made = shown(fitted(encoded(image, exif=exif, quality=95)).content)
    assert (made.width < made.height) is (orientation >= 5)
    left, top = [(0, 0), (0, 0), (1, 0), (1, 1), (0, 1), (0, 0), (1, 0), (1, 1), (0, 1)][orientation]
    seen = made.getpixel((int(made.width * (0.25 + left / 2)), int(made.height * (0.25 + top / 2))))
    assert isinstance(seen, tuple)
    assert seen[0] > 200
    assert max(seen[1:]) < 60
    assert not made.getexif()


def test_nothing_that_came_with_a_picture_goes_with_it() -> None:
    """EXIF data, comments and colour profiles of a picture are not sent with it."""
    exif = Image.Exif()
    exif[0x010E] = "Zhang Wei at home"
    exif.get_ifd(0x8825)[1] = "N"
    content = encoded(photograph(500, 500), exif=exif, comment=b"private", icc_profile=b"profile of a telephone")
    assert b"Zhang Wei at home" in content
    made = fitted(content).content
    assert not any(word in made for word in (b"Zhang", b"private", b"profile", b"Exif"))


def test_what_cannot_be_made_fit_is_said() -> None:
    """For a picture that cannot be made fit a sentence says why, and there is no content to send."""
    failures = Failures()
    for name, content, said in (
        ("nothing", b"", "It is empty; save it as jpg or png."),
        ("html", b"<html>" * 40_000, "It is no picture that can be read; save it as jpg or png."),
        (
            "heic",
            b"\0\0\0\x18ftypheic" + bytes(400_000),
            "It is a HEIC file, which is not read; save it as jpg or png.",
        ),
        (
            "eps",
            b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 500 500\n",
            "It is an EPS file, which is not read",
        ),
        ("tiff", photograph_file(500, 500, "tiff"), "It is a TIFF file, which is not read; save it as jpg or png."),
        (
            "large file",
            bytes(MOST_BYTES + 1),
            "It has 40000001 bytes, and 40000000 are the most that is looked at",
        ),
        (
            "many pixels",
            png_that_says(4001, 4000),
            "It is 4001 x 4000 pixels, 16000000 in all at most; scale it down, or save it as",
        ),
        (
            "many pixels, jpg",
            jpeg_with(1, 7100, 7100),
            "It is 7100 x 7100 pixels, 50000000 in all at most; scale it down.",
        ),
        ("many scans", jpeg_with(101, 500, 500), "It has more than 100 scans, which no camera makes"),
        ("long", photograph_file(3000, 180), "It is so long that less than 120 pixels of a side are left"),
        (
            "bomb",
            png_that_says(100_000, 100_000),
            "Its header cannot be used (Image size (10000000000 pixels) exceeds",
        ),
        ("false header", png_that_says(500, 500), "It is damaged or cut off ("),
        ("cut off", photograph_file(500, 500)[:9_000], "It is damaged or cut off ("),
        (
            "small",
            photograph_file(500, LEAST_SIDE - 1),
            "It is 500 x 119 pixels, too poor for a face to be known by",
        ),
        (
            "white",
            encoded(Image.new("RGB", (800, 800), "white")),
            "It shows too little: even at its largest",
        ),
    ):
        with failures.case(name):
            made = fitted(content)
            assert made.content == b""
            assert made.finding.startswith(said)
    failures.assert_none()


@pytest.mark.parametrize("scans", [1, 10, 100])
def test_a_progressive_picture_is_read(scans: int) -> None:
    """A progressive picture of up to a hundred scans is read, and only scans within the picture are counted."""
    made = jpeg_with(scans, 500, 500)
    hidden = b"\xff\xed" + struct.pack(">H", 2 + 1000) + b"\xff\xda" * 500
    assert counted(made[:2] + hidden + made[2:] + b"\xff\xda" * 500, 200) == scans
    assert fitted(made).finding.startswith("It shows too little")
    assert fitted(encoded(photograph(700, 700), progressive=True)).finding == ""


@pytest.mark.parametrize(
    ("subtype", "mode", "size"),
    [
        ("png", "RGBA", (4000, 4000)),
        ("webp", "RGB", (4000, 4000)),
        ("jpeg", "RGB", (28_000, 1780)),
        ("jpeg", "CMYK", (7000, 7000)),
    ],
)
def test_no_picture_takes_much_memory(subtype: str, mode: str, size: tuple[int, int]) -> None:
    """Making a picture of 16 to 50 million pixels fit takes less than 500 MB of memory."""
    progressive = {"progressive": True, "subsampling": 0} if subtype == "jpeg" else {}
    content = encoded(Image.new(mode, size), subtype, **progressive)
    done = subprocess.run([sys.executable, "-c", MEASURED], input=content, capture_output=True, check=True)  # noqa: S603 - our own
    assert int(done.stdout) < 500_000, "KiB"


def test_a_bomb_costs_nothing() -> None:
    """A file of a few bytes that promises 400 million pixels is refused by its header, without being decoded."""
    tracemalloc.start()
    try:
        assert fitted(png_that_says(20_000, 20_000)).finding
        assert tracemalloc.get_traced_memory()[1] < 3_000_000
    finally:
        tracemalloc.stop()


def test_bytes_come_from_quality_and_size_and_never_from_padding() -> None:
    """A picture that is too small is scaled up, which a note says, and its bytes are never padded."""
    made = fitted(encoded(photograph(LEAST_SIDE, LEAST_SIDE)))
    assert len(made.content) >= SMALLEST
    assert made.content.endswith(b"\xff\xd9"), "the end of a jpg"
    assert made.content.count(bytes(500)) == 0
    assert made.notes == ("It has 120 x 120 pixels and is scaled up; it shows no more than before.",)


def test_a_large_picture_is_scaled_down_and_that_is_said() -> None:
    """A picture that is too large is scaled down to the bounds, which a note says, and keeps its shape."""
    made = fitted(encoded(photograph(3000, 4000)))
    assert (made.width, made.height) == (810, 1080)
    assert made.notes == ("It has 3000 x 4000 pixels and is scaled down to 810 x 1080.",)


@settings(max_examples=300, deadline=None)
@given(
    subtype=st.sampled_from(["jpeg", "png", "gif", "bmp", "webp"]),
    changes=st.lists(st.tuples(st.integers(0, 20_000), st.integers(0, 255)), min_size=1, max_size=20),
    length=st.integers(0, 20_000),
)
def test_no_damage_makes_it_fail(subtype: str, changes: list[tuple[int, int]], length: int) -> None:
    """A damaged picture gives a content or a finding and never an error, so that it ends no pass (I11)."""
    content = bytearray(photograph_file(150, 150, subtype))
    for place, value in changes:
        content[place % len(content)] = value
    made = fitted(bytes(content[: length or None]))
    assert bool(made.content) != bool(made.finding)


LARGEST_SIDE = 2400


@functools.cache
def drawn_shapes() -> Image.Image:
    """Return large shapes of many colours."""
    return Image.frombytes("RGB", (16, 16), hashlib.shake_256().digest(768))


@functools.cache
def drawn_grain() -> Image.Image:
    """Return grey noise of the largest size, of which smaller pictures take a part."""
    return Image.frombytes("L", (LARGEST_SIDE, LARGEST_SIDE), hashlib.shake_256().digest(LARGEST_SIDE**2))


@settings(max_examples=60, deadline=None)
@given(
    width=st.integers(LEAST_SIDE, LARGEST_SIDE),
    height=st.integers(LEAST_SIDE, LARGEST_SIDE),
    subtype=st.sampled_from(["jpeg", "png", "webp"]),
    quality=st.integers(1, 100),
    noise=st.floats(0, 1),
)
def test_whatever_comes_out_is_within_the_bounds_of_the_document(
    width: int, height: int, subtype: str, quality: int, noise: float
) -> None:
    """Any picture gives the same result twice: a jpg within the document's bounds, or why there is none."""
    grain = drawn_grain().crop((0, 0, width, height)).convert("RGB")
    picture = Image.blend(drawn_shapes().resize((width, height)), grain, noise)
    content = encoded(picture, subtype, quality=quality, **QUICKLY.get(subtype, {}))
    made = fitted(content)
    assert fitted(content) == made
    if made.finding:
        assert made.finding.startswith(("It shows too little", "It is so long that"))
        assert made.content == b""
        return
    assert check_face(made.content).findings == ()
    assert SMALLEST <= len(made.content) <= LARGEST
    assert made.width <= WIDEST
    assert made.height <= HIGHEST
