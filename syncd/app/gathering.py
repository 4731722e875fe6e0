"""Reading sources whole, at the same time, and mapping what they gave: for a plan, and for a pass of faces."""

import asyncio
from collections.abc import Collection, Mapping, Sequence

import msgspec

from syncd.app.last_read import Directory
from syncd.app.ports import Source
from syncd.app.stopping import beside
from syncd.app.world import Decisions
from syncd.errors import SourceBroken, SourceError
from syncd.mapping.desire import Moment, desire
from syncd.mapping.known_keys import with_known_keys
from syncd.mapping.unfilled import unfilled
from syncd.model.desired import Desired
from syncd.model.links import Link
from syncd.model.source import Certificate, Grade, Snapshot
from syncd.plan.certificate import Counts, Former, certify

COUNTS = "counts."
KnownBefore = tuple[Mapping[str, str], tuple[Link, ...]]
"""The facts and the links of the store."""


class Gathered(msgspec.Struct, frozen=True):
    """What sources gave, and the faults of those that could not be read, by their names."""

    snapshots: tuple[Snapshot, ...]
    faults: Mapping[str, SourceError]


async def gather(sources: Sequence[Source], enriching: Collection[str]) -> Gathered:
    """Read every source at the same time; `enriching` names those that decide nothing about who exists.

    Raises `SourceError` where no authority can be read.
    """
    outcomes = await asyncio.gather(*(beside(one.read) for one in sources), return_exceptions=True)
    snapshots: list[Snapshot] = []
    faults: dict[str, SourceError] = {}
    for source, outcome in zip(sources, outcomes, strict=True):
        if isinstance(outcome, Snapshot):
            snapshots.append(outcome)
        elif isinstance(outcome, SourceError):
            faults[source.name] = outcome
        else:
            raise outcome
    if all(one.source in enriching for one in snapshots):
        authorities = [fault for name, fault in faults.items() if name not in enriching]
        if len(authorities) == 1:
            raise authorities[0]
        raise SourceBroken("no source could be read: " + "; ".join(str(one) for one in authorities))
    return Gathered(tuple(snapshots), faults)


def mapped(decisions: Decisions, gathered: Gathered, moment: Moment, known: KnownBefore) -> Directory:
    """Map what was read and grade the reads, against what is expected and what the last good ones showed."""
    snapshots = tuple(with_known_keys(snapshot, known[1]) for snapshot in gathered.snapshots)
    desired = desire(snapshots, decisions.rules, moment, decisions.joins, known[1])
    broken = {name: Certificate(Grade.BROKEN, (), (str(one),)) for name, one in gathered.faults.items()}
    return Directory(snapshots, desired, _certificates(decisions, snapshots, desired, known) | broken, moment.now)


def _certificates(
    decisions: Decisions, snapshots: Sequence[Snapshot], desired: Desired, known: KnownBefore
) -> dict[str, Certificate]:
    notes = unfilled(snapshots, decisions.rules)
    found = {}
    for one in snapshots:
        former = former_of(one.source, *known)
        certificate = certify(one, desired, former, decisions.expectations[one.source])
        is_first = former.counts is None
        found[one.source] = certificate.noting(notes.get(one.source, ())) if is_first else certificate
    return found


def former_of(source: str, facts: Mapping[str, str], links: tuple[Link, ...]) -> Former:
    """Give what the store knows of a source's last good read."""
    known = facts.get(COUNTS + source)
    return Former(msgspec.json.decode(known, type=Counts) if known else None, links)
