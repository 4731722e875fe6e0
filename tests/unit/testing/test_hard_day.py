"""The company of the scale test has a day as hard as it says."""

from syncd.testing.company import Company, Unit, generated, hard_day, key_of

BEFORE = generated(300, 200)
AFTER = hard_day(BEFORE, 300)


def taken_over(field: str) -> set[tuple[str, str]]:
    """Give (who has it now, who had it before) for every value of a field that went to somebody else."""
    had = {getattr(one, field): key for key, one in BEFORE.people.items() if getattr(one, field)}
    values = ((key, getattr(one, field)) for key, one in AFTER.people.items())
    return {(key, had[value]) for key, value in values if had.get(value, key) != key}


def swaps(pairs: set[tuple[str, str]]) -> int:
    """Count the pairs that exchanged a value."""
    return sum(1 for one, other in pairs if (other, one) in pairs) // 2


def test_people_join_leave_move_are_renamed_and_exchange_values() -> None:
    """On a hard day people join, leave, move, are renamed, swap values and take a leaver's phone."""
    left, joined = BEFORE.people.keys() - AFTER.people.keys(), AFTER.people.keys() - BEFORE.people.keys()
    assert (len(left), len(joined)) == (10, 12)
    stayed = BEFORE.people.keys() & AFTER.people.keys()
    assert sum(AFTER.people[key].name != BEFORE.people[key].name for key in stayed) == 10
    assert sum(AFTER.people[key].department != BEFORE.people[key].department for key in stayed) >= 10
    assert [swaps(taken_over(field)) for field in ("phone", "email", "account")] == [1, 1, 1]
    assert any(taker in joined and owner in left for taker, owner in taken_over("phone"))


def ancestors(company: Company, key: str) -> list[str]:
    """Give the departments above one."""
    found: list[str] = []
    while key := company.units[key].parent:
        found.append(key)
    return found


def test_departments_are_renamed_exchanged_inverted_and_replaced() -> None:
    """On a hard day departments are renamed, exchanged, inverted and replaced, each at least once."""
    stayed = BEFORE.units.keys() & AFTER.units.keys()
    (gone,), (fresh,) = BEFORE.units.keys() - stayed, AFTER.units.keys() - stayed
    assert BEFORE.units[gone] == AFTER.units[fresh]
    assert {key for key in stayed if AFTER.units[key].name != BEFORE.units[key].name} == {key_of("unit", 1)}
    parents: dict[str, Unit] = {key: AFTER.units[key] for key in stayed}
    moved = {key for key, unit in parents.items() if unit.parent != BEFORE.units[key].parent}
    inverted = {key for key in moved for above in ancestors(BEFORE, key) if key in ancestors(AFTER, above)}
    assert inverted
    exchanged = {(BEFORE.units[key].parent, parents[key].parent) for key in moved - inverted}
    assert any((other, one) in exchanged for one, other in exchanged)
