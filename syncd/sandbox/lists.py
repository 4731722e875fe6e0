"""Lists that are not what the company holds: stale, empty, partial."""

import math
import zlib

from syncd.sandbox.arguments import Arguments, Record
from syncd.sandbox.company import Company, Kind
from syncd.sandbox.faults import Fault, Order
from syncd.sandbox.meeting_list import chosen


def doctored(order: Order, company: Company, kind: Kind, arguments: Arguments) -> list[Record]:
    """Give what a list shows under a fault; filters of meetings hold in it."""
    if order.fault is Fault.EMPTY:
        return []
    registry = company.registry
    if order.fault is Fault.STALE:
        since = math.inf if order.changes else company.clock() - order.seconds
        records = registry.as_it_was(kind, changes=order.changes, since=since)
    else:
        records = list(registry.tables[kind].values())
    if kind is Kind.MEETING:
        records = chosen(records, arguments, registry.now())
    return _without(records, order.share) if order.fault is Fault.PARTIAL else records


def _without(records: list[Record], share: float) -> list[Record]:
    """Leave out a share of the records, chosen by their ids."""
    count = math.ceil(len(records) * share)
    gone = set(sorted((one["id"] for one in records), key=lambda one: (zlib.crc32(one.encode()), one))[:count])
    return [one for one in records if one["id"] not in gone]
