"""A task group ends with its first foreseen fault, or with the whole group where something was not foreseen."""

import asyncio

import pytest

from syncd.app.first_fault import first_fault
from syncd.errors import SourceBroken, StoreError


async def failing(error: Exception) -> None:
    """End with this error."""
    raise error


async def together(*errors: Exception) -> None:
    """Run tasks that end with these errors, all at once."""
    with first_fault():
        async with asyncio.TaskGroup() as group:
            for error in errors:
                group.create_task(failing(error))


async def test_a_fault_comes_out_of_a_task_group_as_itself() -> None:
    """The first foreseen fault comes out of a task group as itself and not as a group."""
    fault = SourceBroken("a")
    with pytest.raises(SourceBroken) as caught:
        await together(fault, StoreError("b"))
    assert caught.value is fault


async def test_what_nobody_foresaw_is_not_hidden_behind_a_fault() -> None:
    """An error that nobody foresaw is raised together with the foreseen fault, as a group."""
    with pytest.raises(ExceptionGroup) as caught:
        await together(SourceBroken("a"), ZeroDivisionError())
    assert len(caught.value.exceptions) == 2
