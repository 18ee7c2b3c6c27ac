"""What measurements of a machine mean for Tallydock: pure, so that every verdict can be tested.

``ok`` needs nothing, ``warn`` works with a drawback, ``bad`` does not work. What is not ok comes
with a remedy.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal

from edge.clock import rfc3339

Level = Literal["ok", "warn", "bad"]

MIB = 1024 * 1024
FREE_BAD, FREE_WARN = 200 * MIB, 2048 * MIB
SYNC_WARN_US, SYNC_BAD_US = 25_000, 250_000
VOLATILE = ("tmpfs", "ramfs", "overlay")
RELEASED_US = 1_764_028_800_000_000
"""2025-11-25: no machine that runs this release lives before it."""

AHEAD_MAX_US = 300 * 1_000_000
CENTURY_US = 100 * 365 * 86_400 * 1_000_000


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the report."""

    name: str
    level: Level
    found: str
    remedy: str | None = None


def python(version: tuple[int, int, int], text: str) -> Check:
    """Python 3.11 is the oldest that works."""
    if version < (3, 11, 0):
        return Check("python", "bad", text, "install Python 3.11 or newer and run make install")
    return Check("python", "ok", text)


def sqlite(version: tuple[int, ...], text: str) -> Check:
    """Upserts and WAL as they are used here need 3.35."""
    if version < (3, 35, 0):
        return Check("sqlite", "bad", text, "use a Python that brings SQLite 3.35 or newer")
    return Check("sqlite", "ok", text)


def space(folder: str, free_bytes: int) -> Check:
    """Room on the disk of the stores."""
    found = f"{free_bytes // MIB} MiB free in {folder}"
    remedy = "make room: a full disk stops every bench"
    if free_bytes < FREE_BAD:
        return Check("disk space", "bad", found, remedy)
    if free_bytes < FREE_WARN:
        return Check("disk space", "warn", found, remedy)
    return Check("disk space", "ok", found)


def syncing(folder: str, kind: str, spans_us: Sequence[int]) -> Check:
    """How long a small durable write takes, and whether it is durable at all."""
    middle_us = int(median(spans_us))
    rate = 1_000_000 // max(middle_us, 1)
    found = f"{rate} durable writes/s ({middle_us} us each, {kind}) in {folder}"
    if kind in VOLATILE:
        remedy = f"{kind} forgets at a power cut: put the stores on a real disk"
        return Check("disk sync", "warn", found, remedy)
    if middle_us > SYNC_BAD_US:
        return Check("disk sync", "bad", found, "use another disk: a verdict would take longer")
    if middle_us > SYNC_WARN_US:
        return Check("disk sync", "warn", found, "use an SSD: a scan waits for one such write")
    return Check("disk sync", "ok", found)


def unwritable(folder: str, reason: str) -> Check:
    """The folder of the stores takes no file."""
    return Check("disk sync", "bad", f"{folder}: {reason}", "let this user write there")


def font(families: Sequence[str] | None) -> Check:
    """Chinese on pages and labels; None: there is no fontconfig to ask."""
    remedy = "apt-get install fonts-noto-cjk"
    if families is None:
        return Check("chinese font", "warn", "fontconfig is not installed", remedy)
    if not families:
        return Check("chinese font", "warn", "none", remedy)
    return Check("chinese font", "ok", families[0])


def browser(program: str | None) -> Check:
    """Chromium, for a bench whose screen hangs on this machine."""
    if program is None:
        remedy = "apt-get install chromium, if a screen of this machine shows the station page"
        return Check("chromium", "warn", "not installed", remedy)
    return Check("chromium", "ok", program)


def serial(ports: Mapping[str, bool], in_group: bool) -> Check:
    """``ports``: path -> whether this user may open it; ``in_group``: dialout, or root."""
    shut = [path for path, may in ports.items() if not may]
    remedy = "usermod -a -G dialout USER, then sign in again (deploy/60-tallydock.rules)"
    if shut:
        return Check("serial ports", "bad", f"not allowed: {', '.join(shut)}", remedy)
    if not ports:
        found = "no scanner is plugged in"
        if not in_group:
            return Check("serial ports", "warn", f"{found}; not in group dialout", remedy)
        return Check("serial ports", "ok", found)
    return Check("serial ports", "ok", ", ".join(ports))


def meddlers(programs: Sequence[str]) -> Check:
    """Programs that take serial adapters for something else."""
    if not programs:
        return Check("serial meddlers", "ok", "none")
    remedy = "remove brltty; deploy/60-tallydock.rules keeps ModemManager away"
    return Check("serial meddlers", "warn", ", ".join(programs), remedy)


def broker(program: str | None, version: str | None) -> Check:
    """The embedded broker; not needed where another is configured."""
    if program is None:
        remedy = "make install; or name another broker in the configuration"
        return Check("broker", "warn", "no nats-server in this environment", remedy)
    if version is None:
        return Check("broker", "bad", f"{program} does not start", "make install anew")
    return Check("broker", "ok", version)


def zones(known: bool) -> Check:
    """The site's calendar day needs the time zone table."""
    if known:
        return Check("time zones", "ok", "known")
    return Check("time zones", "bad", "no time zone table", "apt-get install tzdata")


def clock(now_us: int, last_us: int | None, synchronised: bool | None) -> Check:
    """``last_us``: the newest event of the stores; ``synchronised``: None if nobody can say."""
    found = rfc3339(now_us)
    remedy = "set the clock: timedatectl set-ntp true"
    if not RELEASED_US <= now_us < RELEASED_US + CENTURY_US:
        return Check("clock", "bad", f"{found} cannot be", remedy)
    if last_us is not None and last_us > now_us + AHEAD_MAX_US:
        return Check("clock", "bad", f"{found} is before the last event {rfc3339(last_us)}", remedy)
    if synchronised is False:
        return Check("clock", "warn", f"{found}, not synchronised", remedy)
    return Check("clock", "ok", found)
