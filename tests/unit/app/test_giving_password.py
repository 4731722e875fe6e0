"""A new password that the platform does not take is nobody's."""

import csv

import pytest

from syncd.app.giving_password import give_password
from syncd.app.stopping import Stop
from syncd.errors import AnswerLost, PlatformError, Refused
from syncd.model.actors import NOBODY
from syncd.testing.company import Company, Person
from syncd.testing.passes import Passes

ONE = Company({}, {"a": Person("anna", "安娜", "", "", "", "")})


@pytest.mark.parametrize(
    ("fault", "last"), [(Refused("71001", "Invalid arguments"), ""), (AnswerLost("no answer"), "a password")]
)
async def test_a_refused_password_is_withdrawn_and_a_doubtful_one_is_not(
    passes: Passes, fault: PlatformError, last: str
) -> None:
    """A refusal adds a line with an empty password; where the answer is lost the line stays, and that is said."""
    passes.sources[0].employ(ONE)
    await passes.approved()

    async def fails(call: str, _object_id: str) -> None:
        if call == "user/update":
            raise fault

    passes.platform.before = fails
    with pytest.raises(PlatformError) as caught:
        await give_password(passes.world(), "anna", NOBODY, Stop())
    assert ("is not known" in str(caught.value)) is bool(last)
    with passes.handover.open(encoding="utf-8", newline="") as file:
        lines = list(csv.reader(file))
    assert [line[0] for line in lines] == ["anna"] * len(lines)
    assert bool(lines[-1][2]) is bool(last)
