"""Persons: only their erasure. Their data are never shown by this interface."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel

from api.auth.guard import PersonEraser
from api.idempotency import IdempotencyKey
from api.rest.shapes import Number, Ports, Recorded
from edge.domain.commands import ErasePerson

router = APIRouter(prefix="/persons", tags=["persons"])


class Erased(BaseModel):
    """The erasure stands in the journal at ``recorded``; what it erased is gone."""

    person: str
    recorded: Recorded


@router.post("/{person}/erase")
async def erase_person(
    person: Number, ports: Ports, caller: PersonEraser, idempotency: IdempotencyKey
) -> Erased:
    """Destroy a person's data and salt; events keep a reference that leads nowhere."""
    outcome = await ports.commands.submit(
        ErasePerson(person=person), actor=caller.actor, idempotency=idempotency
    )
    recorded = outcome.recorded[0]
    return Erased(person=person, recorded=Recorded(seq=recorded.seq, hash=recorded.hash.hex()))
