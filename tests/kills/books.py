"""What is on disk after everything ended: the journal, both sides' rows, what packers were told."""

from __future__ import annotations

import json
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from edge.journal.sql import table_of
from edge.journal.tables_state import TABLE_OF
from tests.kills.client import Told
from tests.kills.house import SITE, TALLYDOCK, WITHIN_S


def judged(data: Path) -> dict[str, list[Told]]:
    """Every verdict in the journal, by station."""
    found: dict[str, list[Told]] = {}
    command = [*TALLYDOCK, "export", "--data", str(data)]
    exported = subprocess.run(command, capture_output=True, check=True, timeout=WITHIN_S)
    for line in exported.stdout.splitlines():
        entry = json.loads(line)
        event = entry["event"]
        if event["type"] == "ScanJudged":
            scan = event["data"]
            told = Told(event["seq"], entry["hash"], scan["data"], scan["verdict"])
            found.setdefault(event["station"], []).append(told)
    return found


def verified(data: Path) -> tuple[int, str]:
    """Exit code and output of ``tallydock verify``."""
    command = [*TALLYDOCK, "verify", "--data", str(data)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=WITHIN_S)
    return done.returncode, done.stdout


def told_to_packer(data: Path, station: str) -> list[tuple[int, str, str]]:
    """Seq, code and verdict of what the packer at ``station`` saw on the screen."""
    log = data / "log" / f"packer-{station}.log"
    lines = [json.loads(line) for line in log.read_bytes().splitlines()]
    return [(one["seq"], one["scan"], one["verdict"]) for one in lines if "verdict" in one]


def sent_by_scanner(data: Path, station: str) -> list[str]:
    """The transcript of the scanner at ``station``."""
    text = (data / f"scanner-{station}.transcript").read_bytes()
    return [json.loads(line) for line in text.splitlines()]


def rows_that_differ(data: Path) -> list[str]:
    """Names of the projections' tables in which central holds other rows than the site."""
    edge, central = data / "edge" / f"{SITE}.db", data / "central.db"
    return [name for name in _tables() if _rows(edge, name) != _rows(central, name)]


def _tables() -> Iterator[str]:
    return (str(table_of(kind).name) for kind in TABLE_OF)


def _rows(path: Path, table: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as store:
        columns = [row[1] for row in store.execute(f"PRAGMA table_info({table})")]
        assert columns, f"{path} has no table {table}"
        names = ", ".join(f'"{column}"' for column in sorted(columns))
        return store.execute(f"SELECT {names} FROM {table} ORDER BY {names}").fetchall()
