"""What the platform would refuse about a picture of a face is said before anything is sent."""

import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import pytest

from syncd.platform.faces import HIGHEST, LARGEST, SMALLEST, WIDEST, FaceUnfit, check_face, fit_face
from tests.kit.pictures import noise, png_that_says


def padded(picture: bytes, size: int) -> bytes:
    """Return a picture with bytes after its end, which no decoder looks at."""
    return picture + bytes(size - len(picture))


def claiming(width: int, height: int) -> bytes:
    """Return a png file of the least size that is taken, whose header claims so many pixels."""
    return padded(png_that_says(width, height), SMALLEST)


@pytest.mark.parametrize(("subtype", "progressive"), [("jpeg", False), ("jpeg", True), ("png", False)])
def test_a_picture_within_the_limits_is_fit(subtype: str, progressive: object) -> None:
    """A jpg or png within the limits is fit, and its format, pixels and bytes are told."""
    content = noise(subtype, 800, 600, 80, progressive=bool(progressive))
    check = fit_face(content)
    assert (check.format, check.width, check.height, check.size) == (subtype, 800, 600, len(content))
    assert check.is_fit


@pytest.mark.parametrize(
    ("size", "is_fit"), [(SMALLEST - 1, False), (SMALLEST, True), (LARGEST, True), (LARGEST + 1, False)]
)
def test_bytes_are_limited_on_both_sides(size: int, is_fit: object) -> None:
    """A picture of 204,800 to 5,000,000 bytes is fit, and one byte less or more is not."""
    small = noise(width=60, height=60)
    check = check_face(padded(small, size))
    assert (check.is_fit, check.size) == (is_fit, size)
    assert is_fit or f"It has {size} bytes; save it with" in check.findings[0]


@pytest.mark.parametrize(
    ("width", "height", "is_fit"),
    [(WIDEST, HIGHEST, True), (WIDEST + 1, 300, False), (400, HIGHEST + 1, False), (HIGHEST, WIDEST, False)],
)
def test_pixels_are_limited_in_both_directions(width: int, height: int, is_fit: object) -> None:
    """A picture of 1920 x 1080 pixels is fit, and a wider, a higher or a turned one is not."""
    content = noise(width=width, height=height, quality=70)
    check = check_face(content)
    assert (check.is_fit, check.width, check.height) == (is_fit, width, height)
    assert is_fit or check.findings == (f"It is {width} x {height} pixels; scale it down to 1920 x 1080 at most.",)


@pytest.mark.parametrize("subtype", ["gif", "bmp", "webp", "tiff"])
def test_another_format_is_not_taken(subtype: str) -> None:
    """A picture that is neither jpg nor png is refused with the advice to save it as one of them."""
    assert check_face(noise(subtype)).findings[0] == "It is neither jpg nor png; save it as one of them."


@pytest.mark.parametrize("content", [b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"<html>" * 40_000])
def test_what_is_no_picture_is_told(content: bytes) -> None:
    """Bytes that are no picture are not fit, whatever their first bytes promise."""
    check = check_face(content)
    assert (check.is_fit, check.format, check.size) == (False, "", len(content))
    assert check.findings[0].startswith(("It is neither", "Its header cannot be used"))


@pytest.mark.parametrize("subtype", ["jpeg", "png"])
@pytest.mark.parametrize("share", [0.2, 0.5, 0.99])
def test_a_picture_that_is_cut_off_is_told(subtype: str, share: float) -> None:
    """A picture that is cut off is found damaged, though its header does not show it."""
    content = noise(subtype, width=800, height=600)
    (finding,) = check_face(content[: max(SMALLEST, int(len(content) * share))]).findings
    assert finding.startswith("It is damaged or cut off (")
    assert finding.endswith("); fetch or save it anew.")


@pytest.mark.parametrize("side", [5000, 10_000, 20_000, 2**31 - 1])
def test_a_header_that_promises_too_much_is_never_believed(side: int) -> None:
    """A header that promises too many pixels is a finding, and nothing is decoded into memory."""
    tracemalloc.start()
    try:
        check = check_face(claiming(side, side))
        assert tracemalloc.get_traced_memory()[1] < 3_000_000
    finally:
        tracemalloc.stop()
    assert any(finding.startswith(("It is ", "Its header cannot be used")) for finding in check.findings)


def test_every_finding_is_told_at_once() -> None:
    """All findings about a picture are told at once, so that nobody mends one to meet the next."""
    check = check_face(claiming(3000, 3000)[:1200])
    assert len(check.findings) == 2
    with pytest.raises(
        FaceUnfit, match=r"^user/updateFace: the picture is not sent: It has 1200 bytes; .* It is 3000 x"
    ):
        fit_face(claiming(3000, 3000)[:1200])


def test_pictures_may_be_checked_side_by_side() -> None:
    """Pictures can be checked in several threads, and none is judged by the settings for another."""
    contents = [noise(), claiming(10_000, 10_000)] * 20
    with ThreadPoolExecutor(8) as pool:
        assert [one.is_fit for one in pool.map(check_face, contents)] == [True, False] * 20
