"""Measuring a machine; nothing is changed but one passing file in the folder of the stores."""

from __future__ import annotations

import grp
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import zoneinfo
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

from edge.clock import Clock
from edge.errors import PeerError, StoreDamaged
from edge.journal.chain import open_envelope
from edge.journal.reader import JournalReader
from edge.service.audit import damage_named
from sync.broker import server_program
from tallydock.doctor import judging
from tallydock.doctor.judging import Check
from tallydock.stores import edge_paths

SYNCS = 40
BLOCK = bytes(4096)
ASK_WITHIN_S = 10
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
MEDDLERS = ("brltty", "ModemManager")
SERIAL_PORTS = ("ttyUSB*", "ttyACM*", "ttyS[0-9]*")


def examine(data: Path, clock: Clock) -> Iterator[Check]:
    """Every check, as it is done; ``data`` is the folder of the stores, there or not."""
    version = sys.version_info
    yield judging.python((version.major, version.minor, version.micro), sys.version.split()[0])
    yield judging.sqlite(sqlite3.sqlite_version_info, sqlite3.sqlite_version)
    folder = _nearest(data)
    yield judging.space(str(folder), shutil.disk_usage(folder).free)
    yield _syncing(folder, clock)
    yield judging.font(_fonts())
    yield judging.browser(next(filter(None, map(shutil.which, BROWSERS)), None))
    yield judging.serial(_ports(Path("/dev")), _may_dial())
    yield judging.meddlers([name for name in MEDDLERS if _installed(name)])
    yield _broker()
    yield judging.zones("Asia/Shanghai" in zoneinfo.available_timezones())
    yield judging.clock(clock.now_us(), _last_event_us(data), _synchronised())


def _nearest(folder: Path) -> Path:
    """``folder``, or what is there of the way to it."""
    path = folder.absolute()
    while not path.is_dir():
        path = path.parent
    return path


def _syncing(folder: Path, clock: Clock) -> Check:
    """Append and sync, as a commit does."""
    spans_us: list[int] = []
    try:
        with tempfile.TemporaryFile(dir=folder, buffering=0) as file:
            for _ in range(SYNCS):
                before_ns = clock.monotonic_ns()
                file.write(BLOCK)
                os.fdatasync(file.fileno())
                spans_us.append((clock.monotonic_ns() - before_ns) // 1000)
    except OSError as error:
        return judging.unwritable(str(folder), error.strerror or str(error))
    return judging.syncing(str(folder), filesystem(folder), spans_us)


def filesystem(folder: Path) -> str:
    """Kind of the file system, as the kernel names it."""
    kind, longest = "unknown", -1
    for line in Path("/proc/mounts").read_text(encoding="utf-8").splitlines():
        _, mounted, found, *_ = line.split(" ")
        place = Path(mounted.replace("\\040", " "))
        if folder.is_relative_to(place) and len(place.parts) > longest:
            kind, longest = found, len(place.parts)
    return kind


def _fonts() -> Sequence[str] | None:
    said = _ask("fc-list", ":lang=zh-cn", "family")
    return None if said is None else sorted({line for line in said.splitlines() if line})


def _ports(devices: Path) -> dict[str, bool]:
    """Serial ports that something hangs on; a built-in one shows by its resources."""
    found = [path for pattern in SERIAL_PORTS for path in sorted(devices.glob(pattern))]
    plugged = (path for path in found if not path.name.startswith("ttyS") or _is_real(path))
    return {str(path): os.access(path, os.R_OK | os.W_OK) for path in plugged}


def _is_real(port: Path) -> bool:
    """Linux makes ttyS* for ports that are not there; their kind is 0."""
    kind = Path("/sys/class/tty") / port.name / "type"
    return kind.exists() and kind.read_text(encoding="ascii").strip() != "0"


def _may_dial() -> bool:
    try:
        dialout = grp.getgrnam("dialout").gr_gid
    except KeyError:
        return os.geteuid() == 0
    return os.geteuid() == 0 or dialout in os.getgroups()


def _installed(program: str) -> bool:
    return shutil.which(program) is not None or Path("/usr/sbin", program).exists()


def _broker() -> Check:
    try:
        program = server_program()
    except PeerError:
        return judging.broker(None, None)
    said = _ask(str(program), "--version")
    return judging.broker(str(program), None if said is None else said.strip())


def _synchronised() -> bool | None:
    said = _ask("timedatectl", "show", "--property=NTPSynchronized", "--value")
    return {"yes": True, "no": False}.get((said or "").strip())


def _last_event_us(data: Path) -> int | None:
    """When the newest event under ``data`` was recorded; a damaged store has no say."""
    newest: int | None = None
    for site, path in edge_paths(data).items():
        try:
            with damage_named(site), closing(JournalReader.open(path)) as journal:
                last = journal.at(journal.head().seq)
            if last is not None:
                newest = max(newest or 0, open_envelope(last.body).recorded_at)
        except (StoreDamaged, ValueError):
            continue
    return newest


def _ask(program: str, *arguments: str) -> str | None:
    """What a program says; None when it is not there or fails."""
    found = shutil.which(program)
    if found is None:
        return None
    try:
        done = subprocess.run(
            [found, *arguments], capture_output=True, timeout=ASK_WITHIN_S, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.decode("utf-8", "replace")
