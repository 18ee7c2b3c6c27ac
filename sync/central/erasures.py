"""Who was erased, as a file beside central's store (SYNC.md section 12).

A restored backup of the store brings erased persons back. This file is not part of the store and
of no backup of it: it stays where it is, is read before the store is used, and whoever stands in
it is erased again. It holds ids and times, no data: a line of JSON each, written through to the
disk at once.
"""

from __future__ import annotations

import os
from pathlib import Path

import msgspec


class _Erased(msgspec.Struct, frozen=True):
    person: str
    erased_at: int


class ErasureBook:
    """``Erasures`` in the file ``path``, which is made when somebody is erased."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._entries = dict(_entries(path)) if path.exists() else {}

    def entries(self) -> dict[str, int]:
        """When each person was erased, UTC microseconds."""
        return dict(self._entries)

    def note(self, person: str, at_us: int) -> None:
        """Add a line, unless there is one; it is on disk when this returns."""
        if person in self._entries:
            return
        line = msgspec.json.encode(_Erased(person, at_us)) + b"\n"
        is_new = not self._path.exists()
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            # what a power cut left of a line ends here, so that it spoils no other
            os.write(descriptor, line if is_new else b"\n" + line)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        if is_new:
            _sync_folder(self._path.parent)
        self._entries[person] = at_us


def _entries(path: Path) -> list[tuple[str, int]]:
    """All whole lines; the beginning of one was never answered."""
    found = []
    for line in path.read_bytes().splitlines():
        try:
            entry = msgspec.json.decode(line, type=_Erased)
        except msgspec.MsgspecError:
            continue
        found.append((entry.person, entry.erased_at))
    return found


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
