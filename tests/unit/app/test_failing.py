"""What a platform refuses again and again is sent at growing distances by a daemon, and at once by whoever asks."""

import msgspec
import pytest

from syncd.app.failing import FIRST_WAIT, MOST, WAITS, next_attempt
from syncd.app.reconcile import Report, Request, reconcile
from syncd.app.records import Failures
from syncd.app.standing import standing
from syncd.model.actors import Actor
from syncd.model.objects import Kind
from syncd.platform.refusals import refusal
from syncd.report.messages import ENGLISH
from syncd.report.status_form import status_form, status_text
from syncd.testing.company import Company, Person, Unit
from syncd.testing.passes import Passes

COMPANY = Company(
    {"n": Unit("北区", "")},
    {"a": Person("anna", "Anna", "", "", "", "n"), "b": Person("bert", "Bert", "", "", "", "n")},
)
MINUTE = 60.0


class Refusing:
    """A platform that refuses one call on the object that comes first while `refuses` says so, and counts."""

    def __init__(self, passes: Passes, call: str) -> None:
        self.refuses, self.asked, self._call, self._object = True, 0, call, ""
        passes.platform.before = self

    async def __call__(self, call: str, object_id: str) -> None:
        """Refuse the call on that object."""
        self._object = self._object or (object_id if call == self._call else "")
        if (call, object_id) == (self._call, self._object):
            self.asked += 1
            if self.refuses:
                raise refusal("71006", "Account is already occupied")


async def daemon_run(passes: Passes, later: float = MINUTE) -> Report:
    """Make a pass as a daemon does, so many seconds after the last."""
    passes.now += later
    world = msgspec.structs.replace(passes.world(), waits_after_failures=True)
    return await reconcile(world, Request(), passes.stop, lambda _: None)


async def test_a_refused_operation_waits_longer_after_each_failure(passes: Passes) -> None:
    """After the second failure the operation is left alone until its time; others are carried out meanwhile."""
    passes.sources[0].employ(COMPANY)
    platform = Refusing(passes, "user/add")
    assert (await passes.approved()).run.counts == {"done": 2, "failed": 1}
    assert (await daemon_run(passes)).run.counts == {"failed": 1}
    waited = await daemon_run(passes)
    (result,) = waited.results
    assert (result.outcome, result.code, platform.asked) == ("skipped", WAITS, 2)
    assert "it failed 2 times, the last time with 71006: " in result.message
    carl = Person("carl", "Carl", "", "", "", "n")
    passes.sources[0].employ(msgspec.structs.replace(COMPANY, people={**COMPANY.people, "c": carl}))
    assert (await daemon_run(passes)).run.counts == {"done": 1, "skipped": 1}
    assert (await daemon_run(passes, FIRST_WAIT)).run.counts == {"failed": 1}
    assert (await daemon_run(passes, FIRST_WAIT)).run.counts == {"skipped": 1}
    assert (await daemon_run(passes, FIRST_WAIT)).run.counts == {"failed": 1}
    platform.refuses = False
    assert (await passes.run()).run.counts == {"done": 1}, "whoever asks for a run does not wait"
    assert (await daemon_run(passes)).run.outcome == "done"


async def test_what_depends_on_it_waits_too(passes: Passes) -> None:
    """Nobody is put into a department that is not made yet, while its operation waits."""
    passes.sources[0].employ(COMPANY)
    platform = Refusing(passes, "dept/add")
    await passes.approved()
    await daemon_run(passes)
    report = await daemon_run(passes)
    assert report.run.counts == {"skipped": 3}
    assert platform.asked == 2
    assert sorted(one.code for one in report.results) == ["", "", WAITS]


async def test_a_failure_that_was_mended_does_not_count(passes: Passes) -> None:
    """An operation that was done in the end begins anew where it fails later."""
    passes.sources[0].employ(COMPANY)
    platform = Refusing(passes, "user/add")
    await passes.approved()
    await daemon_run(passes)
    platform.refuses = False
    assert (await passes.run()).run.outcome == "done"
    with passes.store.reading() as work:
        assert work.runs.failures(0.0) == ()


async def test_what_somebody_approves_does_not_wait(passes: Passes) -> None:
    """An approval lets an operation be sent again at once."""
    passes.sources[0].employ(COMPANY)
    platform = Refusing(passes, "user/add")
    await passes.approved()
    await daemon_run(passes)
    plan = await passes.plan()
    passes.now += MINUTE
    world = msgspec.structs.replace(passes.world(), waits_after_failures=True)
    approving = Request(approve=plan.fingerprint, actor=Actor("a test", 0))
    assert (await reconcile(world, approving, passes.stop, lambda _: None)).run.counts == {"failed": 1}
    assert platform.asked == 3


async def test_status_shows_what_failed_and_when_it_is_sent_again(passes: Passes) -> None:
    """`status` names the object, how often its operation failed and why, and when it is sent again."""
    passes.sources[0].employ(COMPANY)
    platform = Refusing(passes, "user/add")
    await passes.approved()
    lines = status_text(standing(passes.store, 0.0, passes.now), "s", passes.now, ENGLISH)
    assert "failed 1 times: create user " in lines
    assert "sent again: with the next run" in lines
    await daemon_run(passes)
    await daemon_run(passes)
    found = standing(passes.store, 0.0, passes.now)
    (one,) = found.failing
    assert (one.kind, one.action, one.times, one.code) == (Kind.USER, "create", 2, "71006")
    line = next(line for line in status_text(found, "s", passes.now, ENGLISH).splitlines() if "failed 2 times" in line)
    assert ENGLISH.moment(one.next_at) in line
    assert one.name in line
    assert status_form(found, "s", passes.now)["failing"][0]["times"] == 2
    platform.refuses = False
    await passes.run()
    assert standing(passes.store, 0.0, passes.now).failing == ()


@pytest.mark.parametrize(("times", "wait"), [(1, 0.0), (2, FIRST_WAIT), (3, 2 * FIRST_WAIT), (9, MOST), (2000, MOST)])
def test_the_distance_doubles_up_to_a_day(times: int, wait: float) -> None:
    """The first failure costs no wait, then the wait doubles from a quarter of an hour to a day."""
    assert next_attempt(Failures("o", "user", "create", "k", times, 100.0, "", "")) == 100.0 + wait
