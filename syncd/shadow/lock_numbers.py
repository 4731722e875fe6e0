"""The numbers of our advisory locks on PostgreSQL, all in one place: no two may be one."""

from enum import IntEnum, unique

FIRST = 0x73796E6364  # "syncd"


@unique
class Number(IntEnum):
    """What one may do at a time.

    A run, ingest, a transaction that writes the shadow, an upgrade, to lead, faces, to write the audit log.
    """

    RUN = FIRST
    INGEST = FIRST + 1
    SHADOW = FIRST + 2
    MIGRATION = FIRST + 3
    LEADER = FIRST + 4
    FACES = FIRST + 5
    AUDIT = FIRST + 6
