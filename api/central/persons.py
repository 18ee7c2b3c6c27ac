"""Persons at central, which owns their erasure. Their data go in and are never shown."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel, Field

from api.auth.guard import FloorReader, Importer, PersonEraser
from api.central.shapes import Ports, read_now
from api.idempotency import IdempotencyKey
from api.paging import LIMIT_DEFAULT, Limit, Page
from api.rest.shapes import Body, Number
from edge.domain.person import PersonDetails

router = APIRouter(tags=["persons"])


class PersonDraft(Body):
    """A customer. It travels only to sites that have an order for them."""

    name: str = Field(min_length=1, max_length=200)
    phone: str = Field(default="", max_length=64)
    mail: str = Field(default="", max_length=254)
    address: str = Field(default="", max_length=500)


class PersonStored(BaseModel):
    """Which version this became."""

    person: str
    version: int


class ErasureBegun(BaseModel):
    """Erased here; ``sites`` were told and confirm with an event."""

    person: str
    sites: list[str]


class Unconfirmed(BaseModel):
    """A site that has not confirmed an erasure yet."""

    person: str
    site: str


@router.put("/persons/{person}")
async def store_person(
    person: Number, draft: PersonDraft, ports: Ports, _caller: Importer
) -> PersonStored:
    """Store a person, or the next version of one."""
    data = PersonDetails(**draft.model_dump())
    references = await ports.desk.store_persons({person: data})
    return PersonStored(person=person, version=references[person].version)


@router.post("/persons/{person}/erase", status_code=202)
async def erase_person(
    person: Number, ports: Ports, caller: PersonEraser, idempotency: IdempotencyKey
) -> ErasureBegun:
    """Erase a person here and at every site that has to do with them."""
    sites = await ports.desk.erase(person, actor=caller.actor, idempotency=idempotency)
    return ErasureBegun(person=person, sites=list(sites))


@router.get("/erasures")
def list_unconfirmed(
    ports: Ports, _caller: FloorReader, limit: Limit = LIMIT_DEFAULT
) -> Page[Unconfirmed]:
    """Erasures that a site has not confirmed yet; empty is good."""
    found = read_now(ports, lambda queries: queries.unconfirmed())
    items = [Unconfirmed(person=person, site=site) for person, site in found[:limit]]
    return Page(items=items, next_cursor=None)
