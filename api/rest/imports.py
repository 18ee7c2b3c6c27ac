"""CSV files: checked whole, then applied as one command: all rows or none."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import APIRouter, Body, Query
from pydantic import BaseModel

from api.auth.guard import Importer
from api.idempotency import IdempotencyKey
from api.ports import ImportBatch, ImportKind, Queries, RowFault
from api.problems import FieldProblem, Problem, field_problem
from api.rest.shapes import Ports, read
from edge.domain.commands import Batch
from edge.errors import InvalidInput

router = APIRouter(prefix="/imports", tags=["imports"])

FAULTS_MAX = 1000
_ROW = re.compile(r"rows\[([0-9]+)\]\.(.+)", re.DOTALL)


class Imported(BaseModel):
    """How many things the file held; ``repeated``: those that were there before, unchanged."""

    kind: ImportKind
    count: int
    repeated: int
    applied: bool


CsvFile = Annotated[bytes, Body(media_type="text/csv", description="UTF-8, heading in row 1.")]


@router.post("/{kind}")
async def import_file(
    kind: ImportKind,
    content: CsvFile,
    ports: Ports,
    caller: Importer,
    idempotency: IdempotencyKey,
    dry_run: Annotated[bool, Query(description="Check the file and apply nothing.")] = False,
) -> Imported:
    """Import items, orders, stock or customers; a wrong row is named and stops the file."""

    def parse(queries: Queries) -> ImportBatch | list[RowFault]:
        found = ports.imports.read(kind, content, queries)
        return found if isinstance(found, ImportBatch) else list(found)

    batch = await read(ports, parse)
    if not isinstance(batch, ImportBatch):
        raise Problem("invalid", errors=[_fault(fault) for fault in batch[:FAULTS_MAX]])
    count = len(batch.commands) + len(batch.persons)
    if dry_run:
        return Imported(kind=kind, count=count, repeated=0, applied=False)
    if batch.persons:
        await ports.persons.store(batch.persons)
    repeated = 0
    if batch.commands:
        try:
            outcome = await ports.commands.submit(
                Batch(commands=batch.commands), actor=caller.actor, idempotency=idempotency
            )
        except InvalidInput as error:
            raise _named_by_row(error, batch) from error
        repeated = int(outcome.result["repeated"])
    return Imported(kind=kind, count=count, repeated=repeated, applied=True)


def _fault(fault: RowFault) -> FieldProblem:
    field = f"row[{fault.row}].{fault.column}"
    wrong = field_problem(field, fault.value, fault.remedy, "row")
    return wrong.model_copy(update={"row": fault.row, "column": fault.column})


def _named_by_row(error: InvalidInput, batch: ImportBatch) -> Problem | InvalidInput:
    """The heart names commands by place; people know rows."""
    match = _ROW.fullmatch(error.field)
    if match is None or int(match[1]) >= len(batch.rows):
        return error
    fault = RowFault(batch.rows[int(match[1])], match[2], error.value, error.remedy)
    return Problem("invalid", errors=[_fault(fault)])
