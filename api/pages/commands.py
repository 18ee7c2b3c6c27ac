"""A supervisor's request as the command that the heart knows."""

from __future__ import annotations

from api.pages.ports import OrderRequest
from edge.domain.commands import CancelOrder, Command, HoldOrder, ReleaseOrder


def command_of(request: OrderRequest) -> Command:
    """Hold, release or cancel."""
    match request.action:
        case "hold":
            return HoldOrder(number=request.number, reason=request.reason)
        case "release":
            return ReleaseOrder(number=request.number)
        case "cancel":
            return CancelOrder(number=request.number, reason=request.reason)
