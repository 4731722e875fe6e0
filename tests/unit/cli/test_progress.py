"""Progress is told in lines where there is no terminal."""

import pytest

from syncd.app.apply import Progress
from syncd.cli.progress import ShownProgress
from syncd.report.messages import CHINESE, ENGLISH, Words

IN_ENGLISH = ["applying: 300 of 1050, 25/s, 30 s left", "applying: 550 of 1050, 25/s, 20 s left 1 failed"]
IN_CHINESE = [
    "正在执行：300 / 1050，每秒 25 个，剩余约 30 秒",
    "正在执行：550 / 1050，每秒 25 个，剩余约 20 秒 失败 1 个",
]


@pytest.mark.parametrize(("words", "expected"), [(ENGLISH, IN_ENGLISH), (CHINESE, IN_CHINESE)])
def test_a_line_now_and_then_tells_rate_and_remaining_time(
    capsys: pytest.CaptureFixture[str], words: Words, expected: list[str]
) -> None:
    """A line now and then tells rate and remaining time, and held operations and reading do not count as speed."""
    now = [0.0]
    with ShownProgress(words, clock=lambda: now[0]) as progress:
        now[0] = 100.0
        progress.show(Progress(0, 0))
        progress.show(Progress(50, 1050))
        for second in range(1, 21):
            now[0] = 100.0 + second
            progress.show(Progress(50 + 25 * second, 1050, failed=second // 20))
    assert capsys.readouterr().err.splitlines() == expected
