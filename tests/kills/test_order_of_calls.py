"""What the kernel saw: the bytes of a verdict were durable before its answer was sent (H1).

A kill only shows what was lost on its day; here the real service runs under strace, and each
answer is held against the system calls before it. Where tracing is forbidden this fails.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.kills.tracing import Traced

SCANS = 5
CALL = re.compile(r"(\d+) +(\w+)\((\d+)<([^>]*)>(.*)")
RESUMED = re.compile(r"(\d+) +<\.\.\. (\w+) resumed>(.*)")
SENDING = {"write", "writev", "send", "sendto", "sendmsg", "sendmmsg"}


class Call(NamedTuple):
    """A system call at the place where it returned; a sending one where it began."""

    name: str
    file: str
    rest: str

    @property
    def writes_log(self) -> bool:
        return self.name in {"pwrite64", "write"} and self.file.endswith(".db-wal")

    @property
    def syncs_log(self) -> bool:
        done = self.rest.rstrip().endswith("= 0")
        return self.name == "fdatasync" and self.file.endswith(".db-wal") and done

    def sends(self, text: str) -> bool:
        return self.name in SENDING and self.file.startswith("socket:") and text in self.rest


def calls(trace: str) -> Iterator[Call]:
    """A write counts from its beginning, so that none hides; a sync only once it returned."""
    waiting: dict[str, tuple[str, str]] = {}
    for line in trace.splitlines():
        if began := CALL.match(line):
            thread, name, _, file, rest = began.groups()
            if not rest.endswith("<unfinished ...>") or name != "fdatasync":
                yield Call(name, file, rest)
            else:
                waiting[thread] = (name, file)
        elif (back := RESUMED.match(line)) and back[1] in waiting:
            yield Call(*waiting.pop(back[1]), back[3])


@pytest.fixture
def seen(tmp_path: Path) -> list[Call]:
    """The calls of a service that answered five scans, one after the other."""
    assert shutil.which("strace") is not None, "install strace"
    service = Traced(tmp_path)
    try:
        for number in range(SCANS):
            assert service.scan(f"TRACED-{number}")["verdict"] == "not_signed_in"
    finally:
        service.stop()
    return list(calls(service.read()))


def test_the_log_is_on_disk_before_the_answer_is_sent(seen: list[Call]) -> None:
    for number in range(SCANS):
        mark = f"TRACED-{number}"
        (written,) = [at for at, call in enumerate(seen) if _first_write(seen, at, mark)]
        sent = next(at for at, call in enumerate(seen) if at > written and _answers(call))
        between = seen[written:sent]
        last_write = max(at for at, call in enumerate(between) if call.writes_log)
        assert any(call.syncs_log for call in between[last_write:]), mark


def _first_write(seen: list[Call], at: int, mark: str) -> bool:
    """Whether the event of this scan goes into the log for the first time here."""
    holds = [index for index, call in enumerate(seen) if call.writes_log and mark in call.rest]
    return holds[:1] == [at]


def _answers(call: Call) -> bool:
    return call.sends('\\"verdict\\":\\"not_signed_in\\"')
