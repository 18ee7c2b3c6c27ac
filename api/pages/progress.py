"""How far an order is: its steps with their times, and what may be asked of it now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

from api.pages.ports import OrderAction, OrderPicture
from edge.domain.rows import Order, OrderStatus

STATUSES: tuple[OrderStatus, ...] = get_args(OrderStatus)

StepState = Literal["done", "now", "stopped", "waiting"]

# The steps of an order's life, and its status while it is there.
STEPS: tuple[tuple[str, tuple[OrderStatus, ...]], ...] = (
    ("placed", ("draft",)),
    ("released", ("released",)),
    ("packing", ("picking", "packing")),
    ("packed", ("packed",)),
    ("shipped", ("shipped",)),
    ("delivered", ("delivered",)),
)


@dataclass(frozen=True, slots=True)
class Step:
    """One step; ``at_us`` is when the order got there, None when that is not known."""

    name: str
    state: StepState
    at_us: int | None


def steps(picture: OrderPicture) -> list[Step]:
    """The steps up to where the order is are done; a stopped order stays at its last one."""
    order, times = picture.order, _times(picture)
    stopped = order.status in ("held", "cancelled")
    status = order.resume_status if stopped else order.status
    here = next((place for place, (_, within) in enumerate(STEPS) if status in within), 0)
    found = []
    for place, (name, _) in enumerate(STEPS):
        state: StepState = "done" if place < here else "waiting"
        if place == here:
            state = "stopped" if stopped else "now"
        found.append(Step(name, state, times.get(name) if place <= here else None))
    return found


def _times(picture: OrderPicture) -> dict[str, int | None]:
    """Packing begins with the first box; the order is packed with its last fulfilment."""
    fulfilments = picture.fulfilments
    boxes = [box for found in picture.cartons.values() for box in found]
    closed = [row.closed_at for row in fulfilments]
    return {
        "placed": picture.order.placed_at,
        "released": _first(row.released_at for row in fulfilments),
        "packing": _first(box.opened_at for box in boxes),
        "packed": max((at for at in closed if at is not None), default=None),
    }


def _first(times: Iterable[int]) -> int | None:
    return min(times, default=None)


def actions(order: Order) -> tuple[OrderAction, ...]:
    """What a supervisor may try; the heart decides."""
    match order.status:
        case "draft" | "held":
            return ("release", "cancel")
        case "released" | "picking" | "packing":
            return ("hold", "cancel")
        case _:
            return ()
