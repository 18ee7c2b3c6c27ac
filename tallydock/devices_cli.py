"""``devices watch``, ``simulate scanner`` and ``simulate packer``: arguments and bodies.

Each ``run_*`` gets a ``write`` that puts out one line at once, and returns the exit code: 0 fine,
1 the answer is no. InvalidInput and Refused (exit 2) are left to the command line.
"""

from __future__ import annotations

import json
import signal
import threading
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import get_args

from devices.registry import installed
from devices.sink import FactQueue
from devices.supervisor import Supervisor
from edge.clock import Clock, rfc3339
from edge.errors import InvalidInput
from edge.facts import BarcodeRead, Fact
from edge.ids import Chance, seeded
from simulators.control import RemoteTrigger
from simulators.packer import Person
from simulators.packer_actions import Habits
from simulators.packer_http import HttpView
from simulators.packer_program import PackerProgram
from simulators.scanner import AIM_MODES, Scanner, Suffix
from simulators.scanner_program import ProgramSettings, ScannerProgram, typed_lines

Write = Callable[[str], None]

FACTS_MAX = 1000
LOOK_S = 0.1
STDIN = 0
NANOSECONDS_A_SECOND = 1_000_000_000
BAUDS = (1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200)


def add_watch_arguments(parser: ArgumentParser) -> None:
    """URL [--seconds N] [--json]."""
    parser.add_argument("url", help="the device, as in serial:/dev/serial/by-path/...?baud=9600")
    parser.add_argument("--seconds", type=float, help="end after so long; else on Ctrl-C")
    parser.add_argument("--json", action="store_true", help="one object a line")


def run_watch(args: Namespace, write: Write, clock: Clock, chance: Chance) -> int:
    """Open one device and print what it states; 1 when its line could never be opened."""
    queue = FactQueue(FACTS_MAX)
    device = Supervisor(args.url, args.url, installed().assemble(args.url), queue, clock, chance)
    tell = _as_json if args.json else _as_sentence
    end_ns = _end_ns(args.seconds, clock)
    with stop_on_signal() as stopping:
        device.start()
        while not stopping.is_set() and (end_ns is None or clock.monotonic_ns() < end_ns):
            fact = queue.take(LOOK_S)
            if fact is not None:
                write(tell(fact))
            elif not device.running:
                break
    while not device.stop(LOOK_S) or len(queue):
        while (fact := queue.take(0)) is not None:
            write(tell(fact))
    return 0 if device.health().openings else 1


def add_scanner_arguments(parser: ArgumentParser) -> None:
    """--link PATH [--baud N] [--suffix S] [--aim M] [--transcript FILE] ..."""
    parser.add_argument("--link", type=Path, required=True, help="path of the port to make")
    parser.add_argument("--baud", type=int, default=9600, choices=BAUDS)
    parser.add_argument("--suffix", default="cr", choices=get_args(Suffix))
    parser.add_argument(
        "--aim", default="as_given", choices=AIM_MODES, help="whether AIM identifiers are sent"
    )
    parser.add_argument("--transcript", type=Path, help="file to which sent codes are added")
    parser.add_argument(
        "--exit-at-eof", action="store_true", help="end after the last code of the input"
    )
    parser.add_argument("--json", action="store_true", help="one object a line")


def run_scanner(args: Namespace, write: Write, clock: Clock, chance: Chance) -> int:
    """Be a scanner on a pseudo-terminal until a signal ends it."""
    del chance
    settings = ProgramSettings(
        scanner=Scanner(baud=args.baud, suffix=args.suffix, aim=args.aim),
        link=args.link,
        transcript=args.transcript,
        json_lines=args.json,
        exit_at_eof=args.exit_at_eof,
    )
    with stop_on_signal() as stopping:
        program = ScannerProgram(settings, write, clock, stopping)
        program.run(typed_lines(STDIN, stopping))
    return 0


def add_packer_arguments(parser: ArgumentParser) -> None:
    """--station ID --badge BADGE --scanner SOCK --api URL --token-file FILE [--seed N] ..."""
    parser.add_argument("--station", required=True, help="station at which the packer stands")
    parser.add_argument("--badge", required=True, help="the badge that is scanned to sign in")
    parser.add_argument(
        "--scanner", type=Path, required=True, help="control socket of a simulated scanner"
    )
    parser.add_argument("--api", required=True, help="address of the site's service")
    parser.add_argument("--token-file", type=Path, required=True, help="file with a token")
    parser.add_argument("--seed", type=int, default=1, help="same seed, same habits")
    parser.add_argument("--speed", type=float, default=1.0, help="2 is twice as fast as a person")
    parser.add_argument("--mistakes", type=float, default=1.0, help="0 is a packer who never errs")
    parser.add_argument("--orders", type=int, help="sign off after so many closed orders")
    parser.add_argument("--json", action="store_true", help="one object a line")


def run_packer(args: Namespace, write: Write, clock: Clock, chance: Chance) -> int:
    """Pack until done or until a signal ends it; 1 when the packer is stuck."""
    del chance  # the packer's chance comes from its seed
    if args.speed <= 0 or args.mistakes < 0:
        raise InvalidInput("speed", f"{args.speed}, {args.mistakes}", "give positive numbers")
    person = Person(
        station=args.station,
        badge=args.badge,
        habits=Habits().times(args.mistakes),
        orders_max=args.orders,
    )
    view = HttpView(args.api, args.station, _token(args.token_file))
    with stop_on_signal() as stopping:
        trigger = RemoteTrigger(args.scanner, stopping)
        program = PackerProgram(
            person,
            view,
            trigger,
            speed=args.speed,
            write=write,
            json_lines=args.json,
            clock=clock,
            chance=seeded(args.seed),
        )
        reason = program.run(stopping)
        trigger.close()
    view.close()
    return 1 if reason == "stuck" else 0


@contextmanager
def stop_on_signal() -> Iterator[threading.Event]:
    """An event that SIGINT and SIGTERM set while the block runs."""
    stopping = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        del number, frame
        stopping.set()

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stopping
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _end_ns(seconds: float | None, clock: Clock) -> int | None:
    if seconds is None:
        return None
    return clock.monotonic_ns() + int(seconds * NANOSECONDS_A_SECOND)


def _token(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput("token-file", str(path), f"give a readable file: {error}") from error


def _as_json(fact: Fact) -> str:
    fields: dict[str, object] = {
        "fact": type(fact).__name__,
        "device": fact.origin.device,
        "sequence": fact.origin.sequence,
        "at": rfc3339(fact.origin.at_us),
    }
    if isinstance(fact, BarcodeRead):
        fields |= {"data": fact.data, "raw": fact.raw.hex(), "symbology": fact.symbology}
        if fact.fault is not None:
            fields["fault"] = fact.fault
    else:
        fields |= {"state": fact.state, "reason": fact.reason}
    return json.dumps(fields)


def _as_sentence(fact: Fact) -> str:
    at = rfc3339(fact.origin.at_us)
    if isinstance(fact, BarcodeRead):
        fault = f"  ({fact.fault})" if fact.fault else ""
        return f"{at}  {fact.data!r}{fault}"
    return f"{at}  {fact.state}" + (f": {fact.reason}" if fact.reason else "")
