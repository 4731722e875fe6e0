"""A part of a matrix covers each pair of values that the whole matrix has."""

from itertools import combinations, product

from tests.kit.pairwise import pairwise

WHOLE = list(product("abcdef", range(5), (True, False), ("x", "y", "z")))
# Not every call knows every number of attempts.
PARTLY = [case for case in WHOLE if case[0] in "abc" or case[2]]


def pairs(cases: list[tuple[object, ...]]) -> set[tuple[tuple[int, object], ...]]:
    """Return every two values that stand in one case, with their columns."""
    return {pair for case in cases for pair in combinations(enumerate(case), 2)}


def test_every_two_values_that_meet_in_the_whole_meet_in_the_part() -> None:
    """The part has each pair of values of two columns that the whole matrix has, and only cases of the matrix."""
    for cases in (WHOLE, PARTLY):
        part = pairwise(cases)
        assert pairs([*part]) == pairs([*cases])
        assert set(part) <= set(cases)


def test_the_part_is_small() -> None:
    """The part has hardly more cases than its two longest columns have pairs, and no case twice."""
    for cases in (WHOLE, PARTLY):
        part = pairwise(cases)
        assert 6 * 5 <= len(part) <= 6 * 5 + 3
        assert len(set(part)) == len(part)


def test_the_same_matrix_gives_the_same_part() -> None:
    """The part depends on the cases alone, so that every process of a run collects the same tests."""
    assert pairwise(WHOLE) == pairwise(list(WHOLE))


def test_a_matrix_of_one_column_is_covered_by_each_of_its_values() -> None:
    """No value is lost where there is no second column to meet."""
    assert pairwise([(1,), (2,), (2,), (3,)]) == [(1,), (2,), (3,)]
    assert pairwise([]) == []
