"""Which cases of a matrix run: all of them with SYNCD_TEST_WHOLE=1, else a part in which every two values meet."""

import os
from collections import Counter
from collections.abc import Hashable, Iterable
from itertools import combinations
from typing import TypeVar

Case = TypeVar("Case", bound=tuple[Hashable, ...])
WHOLE = os.environ.get("SYNCD_TEST_WHOLE") == "1"


def chosen(cases: Iterable[Case]) -> list[Case]:
    """Return the cases that run."""
    return list(cases) if WHOLE else pairwise(cases)


def pairwise(cases: Iterable[Case]) -> list[Case]:
    """Return a part of the cases in which every two values of two columns stand together that do so in any case.

    Until no pair is missing, it takes the case that brings most new pairs; of several such cases the one whose values
    were taken least often, and of these the first.
    """
    pairs = {case: _pairs(case) for case in cases}
    missing = set().union(*pairs.values())
    taken: Counter[tuple[int, Hashable]] = Counter()
    part = []
    while missing:
        best = max(
            pairs, key=lambda case: (len(pairs[case] & missing), -sum(taken[value] for value in enumerate(case)))
        )
        missing -= pairs.pop(best)
        taken.update(enumerate(best))
        part.append(best)
    return part


def _pairs(case: tuple[Hashable, ...]) -> set[tuple[tuple[int, Hashable], ...]]:
    """Return the pairs of values in a case, each value with its column; of a single column its values."""
    return set(combinations(enumerate(case), min(2, len(case))))
