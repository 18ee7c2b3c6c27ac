"""The raw limit of the HTTP lines: the same framework around one journal row, and no rules.

    python -m tallydock.bench.shell FOLDER PORT

Takes the same request as a station's scan, appends its body to a journal with group commit, and
answers once it is on disk.
"""

from __future__ import annotations

import asyncio
import queue
import sys
import threading
from collections.abc import AsyncIterator
from concurrent.futures import Future
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import NamedTuple

import msgspec
from fastapi import FastAPI, Response

from api.rest.stations import ScanBody
from edge.journal import migrations
from edge.journal.chain import START, Position, link
from edge.journal.sql import Values
from edge.journal.sqlite import open_writer
from tallydock.bench.journals import INSERT
from tallydock.bench.workload import SITE
from tallydock.config import WebConfig
from tallydock.serving import bind, serve

PATH = "/api/v1/stations/{station}/scans"


class _Posted(NamedTuple):
    subject: str
    body: bytes
    done: Future[Position]


class Writer:
    """A thread with the store: whatever waits is one commit."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._queue: queue.SimpleQueue[_Posted | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._thread.start()

    def append(self, subject: str, body: bytes) -> Future[Position]:
        """The place of ``body`` in the journal, once it is there."""
        done: Future[Position] = Future()
        self._queue.put(_Posted(subject, body, done))
        return done

    def stop(self) -> None:
        """Write what waits and end."""
        self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        head = START
        with closing(open_writer(self._path)) as connection:
            migrations.migrate(connection, SITE)
            while (first := self._queue.get()) is not None:
                batch = [first, *self._waiting()]
                rows: list[Values] = []
                ends: list[Position] = []
                for posted in batch:
                    head = Position(head.seq + 1, link(head.hash, posted.body))
                    ends.append(head)
                    rows.append((head.seq, head.hash, posted.subject, posted.body))
                connection.execute("BEGIN IMMEDIATE")
                connection.executemany(INSERT, rows)
                connection.execute("COMMIT")
                for posted, end in zip(batch, ends, strict=True):
                    posted.done.set_result(end)

    def _waiting(self) -> list[_Posted]:
        """What else waits; the end is left for the next look."""
        found: list[_Posted] = []
        while True:
            try:
                posted = self._queue.get_nowait()
            except queue.Empty:
                return found
            if posted is None:
                self._queue.put(None)
                return found
            found.append(posted)


def shell_app(path: Path) -> FastAPI:
    """The application over a journal at ``path``."""
    writer = Writer(path)

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        yield
        await asyncio.to_thread(writer.stop)

    app = FastAPI(lifespan=life, openapi_url=None)

    @app.post(PATH, response_class=Response)
    async def scan(station: str, body: ScanBody) -> Response:
        row = msgspec.json.encode({"station": station, **body.model_dump()})
        end = await asyncio.wrap_future(writer.append(f"station/{station}", row))
        answer = msgspec.json.encode({"seq": end.seq, "hash": end.hash.hex()})
        return Response(answer, media_type="application/json")

    return app


def main(folder: str, port: str) -> None:
    """Serve until a signal ends it."""
    web = WebConfig(port=int(port))
    listener = bind(web)
    serve(shell_app(Path(folder) / "shell.db"), listener, web)


if __name__ == "__main__":
    main(*sys.argv[1:])
