"""The limits of an administrator, at their edges."""

from syncd.plan.rules import Limit


def test_a_share_counts_from_at_least_on() -> None:
    """A share that is too large exceeds its limit from exactly `at_least` operations on, and not below that."""
    limit = Limit(percent=10, at_least=20)
    assert [limit.exceeded(actual, 100) for actual in (19, 20)] == [False, True]
