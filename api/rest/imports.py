"""CSV files: checked whole, then applied as one command: all rows or none."""

from __future__ import annotations

import asyncio
import re
from typing import Annotated, Literal

from fastapi import APIRouter, Body, Query
from pydantic import BaseModel

from api.auth.guard import Importer
from api.idempotency import IdempotencyKey
from api.ports import EdgePorts, Idempotency
from api.problems import FieldProblem, Problem, field_problem
from api.rest.shapes import Ports, read_now
from edge.domain.commands import Batch, DefineItem, PlaceOrder, ReceiveStock
from edge.domain.person import PersonDetails
from edge.errors import InvalidInput, SeveralInvalid
from edge.exchange import imports
from edge.exchange.csv_tables import Fault, Table

router = APIRouter(prefix="/imports", tags=["imports"])

FAULTS_MAX = 1000
_ROW = re.compile(r"rows\[([0-9]+)\]\.(.+)", re.DOTALL)

ImportKind = Literal["items", "customers", "stock", "orders"]
Customers = Table[tuple[str, PersonDetails]]
Commands = Table[DefineItem] | Table[ReceiveStock] | Table[PlaceOrder]
CsvFile = Annotated[bytes, Body(media_type="text/csv", description="UTF-8, heading in row 1.")]


class Imported(BaseModel):
    """How many things the file held; ``repeated``: orders that had been placed before."""

    kind: ImportKind
    count: int
    repeated: int
    applied: bool


@router.post("/{kind}")
async def import_file(
    kind: ImportKind,
    content: CsvFile,
    ports: Ports,
    caller: Importer,
    idempotency: IdempotencyKey,
    dry_run: Annotated[bool, Query(description="Check the file and apply nothing.")] = False,
) -> Imported:
    """Import items, customers, stock or orders; a wrong row is named and stops the file."""
    if kind == "customers":
        people = await asyncio.to_thread(imports.customers, content)
        _check(people.faults)
        if not dry_run:
            await _store(ports, people)
        return Imported(kind=kind, count=len(people.values), repeated=0, applied=not dry_run)
    table = await asyncio.to_thread(_commands, ports, kind, content)
    _check(table.faults)
    repeated = 0
    if table.values and not dry_run:
        repeated = await _apply(ports, table, caller.actor, idempotency)
    return Imported(kind=kind, count=len(table.values), repeated=repeated, applied=not dry_run)


async def _apply(ports: EdgePorts, table: Commands, actor: str, idempotency: Idempotency) -> int:
    """Hand the whole file to the heart; how many of its orders were there before."""
    batch = Batch(commands=table.values)
    try:
        outcome = await ports.commands.submit(batch, actor=actor, idempotency=idempotency)
    except InvalidInput as error:
        raise _named_by_row(error, table.rows) from error
    return int(outcome.result["repeated"])


async def _store(ports: EdgePorts, people: Customers) -> None:
    try:
        await ports.persons.store(people.values)
    except InvalidInput as error:
        raise _named_by_row(error, people.rows) from error


def _commands(ports: EdgePorts, kind: ImportKind, content: bytes) -> Commands:
    if kind == "items":
        return imports.items(content)
    if kind == "stock":
        return imports.stock(content)
    return read_now(ports, lambda queries: imports.orders(content, queries.person))


def _check(faults: tuple[Fault, ...]) -> None:
    if faults:
        raise Problem("invalid", errors=[_fault(fault) for fault in faults[:FAULTS_MAX]])


def _fault(fault: Fault) -> FieldProblem:
    field = f"row[{fault.row}].{fault.column}"
    wrong = field_problem(field, fault.value, fault.remedy, "row")
    return wrong.model_copy(update={"row": fault.row, "column": fault.column})


def _named_by_row(error: InvalidInput, rows: tuple[int, ...]) -> Problem | InvalidInput:
    """The heart names commands by place; people know rows."""
    faults: list[Fault] = []
    for one in error.faults if isinstance(error, SeveralInvalid) else (error,):
        match = _ROW.fullmatch(one.field)
        if match is None or int(match[1]) >= len(rows):
            return error
        faults.append(Fault(rows[int(match[1])], match[2], one.value, one.remedy))
    return Problem("invalid", errors=[_fault(fault) for fault in faults[:FAULTS_MAX]])
