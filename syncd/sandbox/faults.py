"""Faults that the sandbox shows on demand."""

from enum import StrEnum

import msgspec


class Fault(StrEnum):
    """What goes wrong with a call, before or after it is carried out."""

    LATENCY = "latency"
    BUSY = "429"
    ERROR_BEFORE = "500_before"
    ERROR_AFTER = "500_after"
    LOST_ANSWER = "lost_answer"
    LOST_REQUEST = "lost_request"
    CUT = "cut"
    HTML = "html"


AFTERWARDS = frozenset({Fault.ERROR_AFTER, Fault.LOST_ANSWER, Fault.CUT, Fault.HTML})


class Order(msgspec.Struct):
    """A fault to show with the next `count` calls whose path ends with `match`; a negative count is without end.

    `seconds` is the latency, or what Retry-After says.
    """

    fault: Fault
    match: str = ""
    count: int = 1
    seconds: float = 0.0


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
        for order in self.orders:
            is_taken = order.fault is not Fault.LATENCY and any(one.fault is not Fault.LATENCY for one in found)
            if path.endswith(order.match) and order.count and not is_taken:
                order.count -= 1
                found.append(order)
        self.orders = [order for order in self.orders if order.count]
        return found
