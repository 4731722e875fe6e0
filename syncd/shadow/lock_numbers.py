"""The numbers of our advisory locks on PostgreSQL, all in one place: no two may be one."""

from enum import IntEnum, unique

FIRST = 0x73796E6364  # "syncd"


@unique
class Number(IntEnum):
    """What one at a time may do: a run, the ingest, a transaction that writes the shadow, an upgrade, to lead."""

    RUN = FIRST
    INGEST = FIRST + 1
    SHADOW = FIRST + 2
    MIGRATION = FIRST + 3
    LEADER = FIRST + 4
