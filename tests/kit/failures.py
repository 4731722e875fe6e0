"""Loops over cases: each case is tried, and each that fails is named."""

import traceback
from collections.abc import Iterator
from contextlib import contextmanager

import pytest


class Failures:
    """The cases of a loop that failed, a line each.

    A test tries each case within `case(name)`, which lets the loop go on, and calls `assert_none` in the end.
    """

    def __init__(self) -> None:
        self.lines: list[str] = []

    @contextmanager
    def case(self, name: object) -> Iterator[None]:
        """Note what fails within, under this name."""
        try:
            yield
        except (Exception, pytest.fail.Exception) as error:  # noqa: BLE001 - whatever it is, the loop goes on
            frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename != __file__]
            place = [frame.lineno for frame in frames if frame.filename == frames[0].filename][-1]
            self.lines.append(f"{name}: {type(error).__name__} at line {place} of the test: {error}")

    def assert_none(self) -> None:
        """Fail with every line, where there is any."""
        assert not self.lines, "\n".join((f"{len(self.lines)} cases failed:", *self.lines))
