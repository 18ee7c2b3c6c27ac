"""The machine that a run ran on: what its figures cannot be understood without."""

from __future__ import annotations

import os
import platform
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from edge.clock import Clock
from edge.errors import InvalidInput
from tallydock.bench.measure import rate

BLOCK_BYTES = 4096
SYNCS = 200
MEMORY_DISKS = frozenset({"tmpfs", "ramfs"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """``load_before`` is the load average of one minute; rates are a second."""

    cores: int
    python: str
    sqlite: str
    system: str
    disk: str
    load_before: float
    syncs_before: float
    load_after: float = 0.0
    syncs_after: float = 0.0

    @property
    def busy(self) -> bool:
        """More was running at the start than there are cores."""
        return self.load_before > self.cores


class SyncedFile:
    """A file of a few blocks whose blocks are overwritten in place, as a recycled log is."""

    def __init__(self, path: Path, blocks: int = 64) -> None:
        self._handle = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
        self._blocks, self._next = blocks, 0
        os.pwrite(self._handle, bytes(BLOCK_BYTES * blocks), 0)
        os.fsync(self._handle)
        self._content = bytes(range(256)) * (BLOCK_BYTES // 256)

    def overwrite(self) -> None:
        """Write one block and wait until it is on disk."""
        os.pwrite(self._handle, self._content, BLOCK_BYTES * self._next)
        os.fdatasync(self._handle)
        self._next = (self._next + 1) % self._blocks

    def close(self) -> None:
        """Close the file."""
        os.close(self._handle)


def syncs_per_second(folder: Path, clock: Clock) -> float:
    """How often a second this disk makes a block durable."""
    with closing(SyncedFile(folder / "syncs")) as file:

        def work() -> None:
            for _ in range(SYNCS):
                file.overwrite()

        work()
        return rate(clock, SYNCS, work)


def look(folder: Path, clock: Clock) -> Machine:
    """The machine before a run; InvalidInput when ``folder`` is on no disk."""
    kind = disk_kind(folder)
    if kind in MEMORY_DISKS:
        raise InvalidInput("--data", str(folder), f"it is {kind}: name a folder on a disk")
    return Machine(
        cores=os.cpu_count() or 1,
        python=platform.python_version(),
        sqlite=sqlite3.sqlite_version,
        system=platform.platform(),
        disk=kind,
        load_before=os.getloadavg()[0],
        syncs_before=syncs_per_second(folder, clock),
    )


def disk_kind(folder: Path, mounts: Path = Path("/proc/mounts")) -> str:
    """File system that ``folder`` is on, such as ext4: that of the longest mount point above."""
    place = folder.resolve()
    best, kind = "", "unknown"
    for line in mounts.read_text(encoding="utf-8").splitlines():
        _, point, found, *_ = line.split()
        point = point.replace("\\040", " ")
        if place.is_relative_to(point) and len(point) >= len(best):
            best, kind = point, found
    return kind
