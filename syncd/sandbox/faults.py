"""Faults that the sandbox shows on demand."""

from enum import StrEnum
from typing import Annotated, Literal

import msgspec
from msgspec import Meta


class Fault(StrEnum):
    """What goes wrong with a call, before or after it is carried out."""

    LATENCY = "latency"
    BUSY = "429"
    ERROR_BEFORE = "500_before"
    ERROR_AFTER = "500_after"
    LOST_REQUEST = "lost_request"
    LOST_ANSWER = "lost_answer"
    RESET = "reset"
    CUT = "cut"
    DRIP = "drip"
    HTML = "html"
    REDIRECT = "redirect"
    INVALID_JSON = "invalid_json"
    STALE = "stale"
    EMPTY = "empty"
    PARTIAL = "partial"


MEANINGS = {
    Fault.LATENCY: "The call waits `seconds`, then goes on; it adds to any other fault.",
    Fault.BUSY: "429 with `Retry-After` of `seconds`, or as a date with `form` `date`; not carried out.",
    Fault.ERROR_BEFORE: "5xx (`status`) with an HTML page; not carried out.",
    Fault.ERROR_AFTER: "5xx (`status`) with an HTML page; carried out.",
    Fault.LOST_REQUEST: "The connection ends without an answer; not carried out.",
    Fault.LOST_ANSWER: "The connection ends without an answer; carried out.",
    Fault.RESET: "The connection is reset (RST) without an answer; carried out.",
    Fault.CUT: "Half of the body, then the connection ends; carried out.",
    Fault.DRIP: "The body in 20 pieces with `seconds` before each; carried out.",
    Fault.HTML: "200 with an HTML page; carried out.",
    Fault.REDIRECT: "302 to `/sandbox/elsewhere`; not carried out.",
    Fault.INVALID_JSON: "200 with a body of the right length that is no JSON; carried out.",
    Fault.STALE: "A list as it was `changes` changes of its kind ago, or `seconds` ago.",
    Fault.EMPTY: "A list without a record.",
    Fault.PARTIAL: "A list without a `share` of its records, always the same ones, at least one.",
}
BEFOREHAND = frozenset({Fault.BUSY, Fault.ERROR_BEFORE, Fault.LOST_REQUEST, Fault.REDIRECT})
LISTS = frozenset({Fault.STALE, Fault.EMPTY, Fault.PARTIAL})


class Order(msgspec.Struct, forbid_unknown_fields=True):
    """A fault to show with `count` calls whose path ends with `match`, after `after` of them have passed untouched.

    A negative count is without end. `seconds` is the latency, the pause of a drip, what Retry-After says, or the age of
    a stale list; `share` is between 0 and 1. Faults of lists touch no other call, whatever `match` says.
    """

    fault: Fault
    match: str = ""
    count: int = 1
    seconds: Annotated[float, Meta(ge=0)] = 0.0
    after: Annotated[int, Meta(ge=0)] = 0
    form: Literal["seconds", "date"] = "seconds"
    status: Annotated[int, Meta(ge=500, le=599)] = 500
    changes: Annotated[int, Meta(ge=0)] = 0
    share: Annotated[float, Meta(ge=0, le=1)] = 0.1

    def is_for(self, path: str) -> bool:
        """Tell whether a call is one of those meant."""
        return path.endswith(self.match) and (self.fault not in LISTS or path.endswith("/list"))


class Faults:
    """The faults that are still to come."""

    def __init__(self) -> None:
        self.orders: list[Order] = []

    def order(self, *orders: Order) -> None:
        """Add faults to come."""
        self.orders.extend(orders)

    def clear(self) -> None:
        """Forget them all."""
        self.orders.clear()

    def due(self, path: str) -> list[Order]:
        """Give the faults of a call: every latency, and the first other one; each is used up by one call."""
        found: list[Order] = []
        if not self.orders:
            return found
        for order in self.orders:
            is_taken = order.fault is not Fault.LATENCY and any(one.fault is not Fault.LATENCY for one in found)
            if not order.is_for(path) or not order.count or is_taken:
                continue
            if order.after:
                order.after -= 1
                continue
            order.count -= order.count > 0
            found.append(order)
        self.orders = [order for order in self.orders if order.count]
        return found
