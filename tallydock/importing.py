"""Importing CSV files: into a stopped site's store, or through a running service.

A file counts as a whole: every wrong cell is named, and with one wrong cell nothing is applied.
An import map is a TOML file whose table ``columns`` gives our name for each heading of the file:

    [columns]
    Artikelnummer = "sku"
"""

from __future__ import annotations

import csv
import io
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast
from urllib.parse import quote

from edge.domain.commands import Batch, DefineItem, PlaceOrder, ReceiveStock
from edge.domain.person import PersonDetails
from edge.errors import InvalidInput, SeveralInvalid
from edge.exchange import imports
from edge.exchange.csv_tables import SEPARATORS, Fault, Table
from edge.service.inputs import SavePersons
from tallydock.offline import OfflineSite
from tallydock.remote import FileRefused, Remote

Kind = Literal["items", "customers", "stock", "orders"]
Customers = Table[tuple[str, PersonDetails]]
Commands = Table[DefineItem] | Table[ReceiveStock] | Table[PlaceOrder]

_PLACE = re.compile(r"rows\[([0-9]+)\]\.(.+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Imported:
    """``count`` things were in the file; ``repeated`` of its orders had been placed before."""

    kind: Kind
    count: int
    repeated: int
    applied: bool


class FileFaults(Exception):
    """The file has wrong cells; nothing was applied."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(f"{len(faults)} wrong cells")
        self.faults = tuple(faults)


def import_map(path: Path | None) -> dict[str, str]:
    """Heading -> our column; InvalidInput for a file that is no import map."""
    if path is None:
        return {}
    try:
        columns = tomllib.loads(path.read_text(encoding="utf-8"))["columns"]
    except OSError as error:
        raise InvalidInput("--map", str(path), f"give a readable file: {error}") from error
    except (ValueError, KeyError) as error:
        remedy = f"give TOML with a table [columns]: {error}"
        raise InvalidInput("--map", str(path), remedy) from error
    if not isinstance(columns, dict) or not all(isinstance(c, str) for c in columns.values()):
        raise InvalidInput("--map", str(path), 'write each heading as "heading" = "our column"')
    return columns


# --- a stopped site -----------------------------------------------------------------------


def into_store(
    site: OfflineSite, kind: Kind, content: bytes, renamed: Mapping[str, str], dry_run: bool
) -> Imported:
    """All rows in one unit of work, or FileFaults. A dry run also asks the rules."""
    if kind == "customers":
        return _customers(site, imports.customers(content, renamed), dry_run)
    table = _commands(site, kind, content, renamed)
    _check(table.faults)
    batch = Batch(commands=table.values)
    try:
        result = site.consider(batch).result if dry_run else site.ask(batch)
    except SeveralInvalid as error:
        raise FileFaults([_by_row(fault, table.rows) for fault in error.faults]) from error
    return Imported(kind, len(table.values), int(result["repeated"]), not dry_run)


def _commands(
    site: OfflineSite, kind: Kind, content: bytes, renamed: Mapping[str, str]
) -> Commands:
    if kind == "items":
        return imports.items(content, renamed)
    if kind == "stock":
        return imports.stock(content, renamed)
    with site.reads() as reads:
        return imports.orders(content, reads.person, renamed)


def _customers(site: OfflineSite, table: Customers, dry_run: bool) -> Imported:
    """Whoever was erased stays erased, and that must be known before the first row is written."""
    with site.reads() as reads:
        erased = [
            Fault(row, "customer", person, "this person was erased; use another id")
            for row, (person, _) in zip(table.rows, table.values, strict=False)
            if reads.is_erased(person)
        ]
    _check((*table.faults, *erased))
    if not dry_run:
        now_us = site.clock.now_us()
        site.step(SavePersons(at_us=now_us, persons=table.values))
    return Imported("customers", len(table.values), 0, not dry_run)


def _check(faults: Sequence[Fault]) -> None:
    if faults:
        raise FileFaults(faults)


def _by_row(error: InvalidInput, rows: Sequence[int]) -> Fault:
    """The rules name commands by place; people know rows."""
    match = _PLACE.fullmatch(error.field)
    if match is None or int(match[1]) >= len(rows):
        raise error
    return Fault(rows[int(match[1])], match[2], error.value, error.remedy)


# --- a running service --------------------------------------------------------------------


def through_service(
    remote: Remote, kind: Kind, content: bytes, renamed: Mapping[str, str], dry_run: bool
) -> Imported:
    """Like ``into_store``; a dry run checks the file alone."""
    path = f"/imports/{quote(kind)}?dry_run={'true' if dry_run else 'false'}"
    try:
        answer = remote.post(path, with_our_headings(content, renamed), "text/csv")
    except FileRefused as error:
        raise FileFaults(
            [Fault(cell.row or 0, cell.column or "", cell.value or "", cell.remedy)
             for cell in error.cells]
        ) from error  # fmt: skip
    return Imported(
        kind, cast("int", answer["count"]), cast("int", answer["repeated"]), not dry_run
    )


def with_our_headings(content: bytes, renamed: Mapping[str, str]) -> bytes:
    """The file with the names of an import map in its first row."""
    head, end, rest = content.partition(b"\n")
    if not renamed:
        return content
    try:
        text = head.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content
    separator = max(SEPARATORS, key=text.count)
    names = next(csv.reader([text], delimiter=separator), [])
    written = io.StringIO()
    ours = [renamed.get(name.strip(), name) for name in names]
    csv.writer(written, delimiter=separator, lineterminator="").writerow(ours)
    return written.getvalue().encode() + end + rest
