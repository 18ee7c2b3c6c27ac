"""CSV tables, sans-IO: bytes in, rows and named faults out.

A file is UTF-8 (with or without a mark), has its heading in row 1 and is separated by comma,
semicolon or tab. Every fault is found, not only the first, and each names row, column, value and
remedy; a file with a fault yields no rows.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Generic, TypeVar

from edge.errors import InvalidInput

T = TypeVar("T")
ROWS_MAX = 200_000
SEPARATORS = ",;\t"


@dataclass(frozen=True, slots=True)
class Fault:
    """A wrong cell; ``row`` as a person counts it (the heading is row 1)."""

    row: int
    column: str
    value: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a kind of file; ``needed`` must be there, ``optional`` may."""

    needed: tuple[str, ...]
    optional: tuple[str, ...] = ()

    @property
    def all(self) -> tuple[str, ...]:
        """All columns that mean something."""
        return self.needed + self.optional


@dataclass(frozen=True, slots=True)
class Table(Generic[T]):
    """What a file held: values with the row each began in; or the faults."""

    values: tuple[T, ...]
    rows: tuple[int, ...]
    faults: tuple[Fault, ...] = ()


def read_table(
    content: bytes,
    columns: Columns,
    parse: Callable[[Mapping[str, str]], T],
    renamed: Mapping[str, str] | None = None,
) -> Table[T]:
    """Parse each row with ``parse``, which raises InvalidInput naming the column.

    ``renamed`` maps a file's own headings to column names (an import map).
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = content[: error.start].count(b"\n") + 1
        bad = content[error.start : error.end].hex()
        return Table((), (), (Fault(row, "", bad, "save the file as UTF-8"),))
    lines = _lines(text)
    heading = next(lines, (1, []))[1]
    names = [(renamed or {}).get(name.strip(), name.strip()) for name in heading]
    faults = list(_heading_faults(names, columns))
    values: list[T] = []
    rows: list[int] = []
    for row, cells in lines if not faults else ():
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) > len(names):
            extra = cells[len(names)]
            faults.append(Fault(row, "", extra, f"the row has more than {len(names)} cells"))
            continue
        try:
            values.append(parse(_record(names, cells, columns)))
            rows.append(row)
        except InvalidInput as error:
            faults.append(Fault(row, error.field, error.value, error.remedy))
    return Table(() if faults else tuple(values), tuple(rows), tuple(faults))


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    first = text.split("\n", 1)[0]
    separator = max(SEPARATORS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    begin = 1
    for cells in reader:
        yield begin, cells
        begin = reader.line_num + 1
        if begin > ROWS_MAX:
            return


def _heading_faults(names: Sequence[str], columns: Columns) -> Iterator[Fault]:
    for name in columns.needed:
        if name not in names:
            yield Fault(1, name, "", f"add the column {name}")
    for name in names:
        if name and name not in columns.all:
            near = get_close_matches(name, columns.all, 1)
            hint = f"did you mean {near[0]}?" if near else "take it out"
            yield Fault(1, name, name, f"no such column here: {hint}")
        elif name and names.count(name) > 1:
            yield Fault(1, name, name, "name each column once")


def _record(names: Sequence[str], cells: Sequence[str], columns: Columns) -> dict[str, str]:
    record = dict.fromkeys(columns.all, "")
    record.update({name: cell.strip() for name, cell in zip(names, cells, strict=False) if name})
    for name in columns.needed:
        if not record[name]:
            raise InvalidInput(name, "", "fill this cell")
    return record
