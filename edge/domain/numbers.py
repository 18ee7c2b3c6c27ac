"""Numbers that leave the house: drawn from blocks that are journaled before their first use.

A number is used up by the event that bears it (its evolve moves ``next``), so a fold of the
journal knows the next free one. A new epoch never goes on with an open block: the history that
fell off may have used every number up to one for each lost event, so the next block begins
behind all of those.
"""

from __future__ import annotations

import msgspec

from edge.domain.events import EpochOpened, Event, NumberBlockOpened
from edge.domain.kernel import Meta, evolves
from edge.domain.rows import NumberBlock
from edge.domain.settings import Moment
from edge.domain.state import State

ORDER = "order"
SSCC = "sscc"
KINDS = (ORDER, SSCC)
FIRST = {ORDER: 10_001, SSCC: 1}


def draw(state: State, kind: str, moment: Moment) -> tuple[tuple[Event, ...], int]:
    """The next free number of ``kind``, and the block event that must go before it, if any."""
    block = state.get(NumberBlock, kind)
    if block is not None and block.epoch == moment.epoch and block.next <= block.last:
        return (), block.next
    first = FIRST[kind] if block is None else block.last + 1
    last = first + moment.settings.number_block_size - 1
    opened = NumberBlockOpened(kind=kind, epoch=moment.epoch, first=first, last=last)
    return (opened,), first


def use(state: State, kind: str, number: int) -> None:
    """``number`` is taken; called by the evolve of the event that bears it."""
    block = state.need(NumberBlock, kind)
    if number >= block.next:
        state.put(msgspec.structs.replace(block, next=number + 1))


@evolves(NumberBlockOpened, lambda event: f"numbers/{event.kind}")
def number_block_opened(state: State, event: NumberBlockOpened, meta: Meta) -> None:
    state.put(
        NumberBlock(
            kind=event.kind,
            epoch=event.epoch,
            first=event.first,
            last=event.last,
            next=event.first,
        )
    )


@evolves(EpochOpened, lambda event: "site/epoch")
def epoch_opened(state: State, event: EpochOpened, meta: Meta) -> None:
    for kind in KINDS:
        block = state.get(NumberBlock, kind)
        if block is not None:
            span = block.last - block.first + 1
            last = block.last + event.lost + span
            state.put(msgspec.structs.replace(block, last=last, next=last + 1))


def order_number(prefix: str, serial: int) -> str:
    """``SO-10001``: the site's prefix and the number drawn."""
    return f"{prefix}-{serial}"
