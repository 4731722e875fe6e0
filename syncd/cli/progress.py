"""Progress of a run: a bar with rate and remaining time on a terminal, a line now and then elsewhere."""

import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Self

from syncd.app.apply import Progress
from syncd.report.messages import Words

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

LINE_EVERY = 10.0


class ShownProgress:
    """Shows how far a run has come, on standard error; `doing` says what, `clock` is monotonic, in seconds."""

    def __init__(self, words: Words, doing: str = "applying", clock: Callable[[], float] = time.monotonic) -> None:
        self._words, self._doing = words, words.word("progress", doing)
        self._bar = _bar(self._doing) if sys.stderr.isatty() else None
        self._task = self._bar.add_task("", total=None, rate=0.0, failed="") if self._bar else None
        self._clock = clock
        self._began: tuple[float, int] | None = None
        self._told = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar:
            self._bar.stop()

    def show(self, progress: Progress) -> None:
        """Show a step; the first one begins the bar."""
        is_settled_at_once = self._began is None and progress.settled == progress.total
        if not progress.total or is_settled_at_once:  # all of it is held, and nothing goes on
            return
        now = self._clock()
        # Reading takes time too, and what is held is settled at once: neither tells how fast calls are made.
        if self._began is None:
            self._began, self._told = (now, progress.settled), now
        rate = (progress.settled - self._began[1]) / max(now - self._began[0], 0.001)
        failed = self._words.say("progress.failed", count=progress.failed) if progress.failed else ""
        if self._bar and self._task is not None:
            self._bar.start()
            self._bar.update(self._task, completed=progress.settled, total=progress.total, rate=rate, failed=failed)
        elif now - self._told >= LINE_EVERY:
            self._told = now
            left = (progress.total - progress.settled) / max(rate, 0.001)
            told = {"settled": progress.settled, "total": progress.total, "rate": f"{rate:.0f}", "left": f"{left:.0f}"}
            line = self._words.say("progress.line", doing=self._doing, failed=failed, **told).rstrip()
            print(line, file=sys.stderr, flush=True)  # noqa: T201 - progress is no log line


def _bar(doing: str) -> "Bar":
    """Return the bar of a terminal; where there is none, its library is not loaded."""
    from rich.console import Console  # noqa: PLC0415 - as said
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn  # noqa: PLC0415 - as said
    from rich.progress import Progress as Bar  # noqa: PLC0415 - as said

    return Bar(
        TextColumn(doing),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]:.0f}/s"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[failed]}"),
        console=Console(stderr=True),
    )
