"""Dead letters: messages that nobody could use, and inputs that were set aside."""

from __future__ import annotations

from base64 import b64encode

from fastapi import APIRouter
from pydantic import BaseModel

from api.auth.guard import JournalReader
from api.paging import LIMIT_DEFAULT, Limit, Page
from api.rest.shapes import Ports, Time, read_now
from edge.clock import rfc3339

router = APIRouter(tags=["exceptions"])

PAYLOAD_SHOWN_MAX = 1024


class DeadLetter(BaseModel):
    """A message that could not be used; of its payload the first 1,024 bytes, in base64.

    ``direction`` is ``up`` or ``down``, or ``quarantine`` for an input that a fault of ours set
    aside, whose kind is the ``topic`` then. ``reason`` is a stable token, such as ``oversized``,
    ``malformed``, ``foreign_site`` or ``replayed``.
    """

    at: Time
    direction: str
    topic: str
    reason: str
    payload_bytes: int
    payload: str


def shown(at: int, direction: str, topic: str, reason: str, payload: bytes) -> DeadLetter:
    """A dead letter as the API shows it."""
    return DeadLetter(
        at=rfc3339(at),
        direction=direction,
        topic=topic,
        reason=reason,
        payload_bytes=len(payload),
        payload=b64encode(payload[:PAYLOAD_SHOWN_MAX]).decode("ascii"),
    )


@router.get("/dead-letters")
def list_letters(
    ports: Ports, _caller: JournalReader, limit: Limit = LIMIT_DEFAULT
) -> Page[DeadLetter]:
    """The latest messages that could not be used, newest first; a flood is counted only."""
    rows = read_now(ports, lambda queries: queries.dead_letters(limit))
    return Page(items=[shown(*row[1:]) for row in rows], next_cursor=None)
