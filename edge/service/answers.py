"""What is kept under a request's key, so that the same key gives the same answer.

Nothing personal is kept: an answer names users and customers by id only.
"""

from __future__ import annotations

from functools import partial

import msgspec

from edge.domain.events import ScanJudged
from edge.domain.rows import Item
from edge.service.heart import Heart
from edge.service.inputs import Input
from edge.service.outcome import Outcome
from edge.service.wording import say, skus_of
from edge.text.catalogue import Language


class VerdictKept(msgspec.Struct, frozen=True, kw_only=True):
    """The verdict of a scan with its sentences in the asker's language."""

    verdict: str
    reason: str | None
    message: str
    next: str
    station: str
    seq: int
    hash: str


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What an outcome comes down to: (seq, hash) of the events, the result, the verdict."""

    recorded: tuple[tuple[int, str], ...]
    result: dict[str, str]
    verdict: VerdictKept | None


def answer_of(heart: Heart, outcome: Outcome, language: Language) -> bytes:
    """The answer, as kept; needs the unit that the outcome came from, or no open unit."""
    answer = Answer(
        recorded=tuple((written.meta.seq, written.hash.hex()) for written in outcome.events),
        result=outcome.result,
        verdict=verdict_of(heart, outcome, language),
    )
    return msgspec.json.encode(answer)


def verdict_of(heart: Heart, outcome: Outcome, language: Language) -> VerdictKept | None:
    """The verdict of a scan's outcome in words; None for other outcomes."""
    judged = outcome.judged
    if judged is None:
        return None
    written, event = judged
    items = heart.settled(partial(_items, heart, event))
    return VerdictKept(
        verdict=event.verdict,
        reason=event.reason,
        message=say(event.why, language, items, heart.zone),
        next=say(event.next, language, items, heart.zone),
        station=written.meta.station or "",
        seq=written.meta.seq,
        hash=written.hash.hex(),
    )


def _items(heart: Heart, event: ScanJudged) -> dict[str, Item]:
    skus = dict.fromkeys((*skus_of(event.why), *skus_of(event.next)))
    rows = heart.store.state.many(Item, [(sku,) for sku in skus])
    return {row.sku: row for row in rows}


def kept_outcome(input_: Input, answer: bytes) -> Outcome:
    """The outcome of a request whose key is known: the earlier answer, and no events."""
    kept = msgspec.json.decode(answer, type=Answer)
    return Outcome(input_, result=kept.result, answer=answer, replayed=True)
