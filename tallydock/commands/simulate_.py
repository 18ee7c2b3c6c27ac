"""``tallydock simulate scanner | packer | fuzz``.

``fuzz`` lives through one simulated day a seed: people, scanners, a site, a broker and central,
with crashes, losses and full disks. A seed that breaks a promise is reported with its last steps,
exit 1; ``--seed K`` lives through that day again, exactly.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tallydock.fuzz.run import Day


def add_arguments(parser: ArgumentParser) -> None:
    """A kind of simulator, and its own arguments."""
    from tallydock.devices_cli import add_packer_arguments, add_scanner_arguments

    kinds = parser.add_subparsers(dest="kind", required=True)
    add_scanner_arguments(kinds.add_parser("scanner", help="a serial scanner on a PTY"))
    add_packer_arguments(kinds.add_parser("packer", help="somebody who packs, and errs"))
    fuzz = kinds.add_parser("fuzz", help="the whole house from a seed, with faults")
    fuzz.add_argument("--seeds", type=int, metavar="N", help="how many days; else 100")
    fuzz.add_argument("--seed", type=int, metavar="K", help="this one, or the first of them")
    fuzz.add_argument("--jobs", type=int, metavar="N", help="at a time; else one a processor")
    fuzz.add_argument("--json", action="store_true", help="an object a seed")


def run(args: Namespace) -> int:
    """Be that simulator."""
    from edge.clock import SystemClock
    from edge.ids import SystemChance
    from tallydock.devices_cli import run_packer, run_scanner
    from tallydock.report import say

    if args.kind == "fuzz":
        return _fuzz(args)
    kinds = {"scanner": run_scanner, "packer": run_packer}
    return kinds[args.kind](args, say, SystemClock(), SystemChance())


def _fuzz(args: Namespace) -> int:
    from tallydock.report import say

    total: Counter[str] = Counter()
    seeds = failed = 0
    for day in _days(args):
        seeds += 1
        failed += day.error is not None
        total += day.count
        _tell(args, day)
    if not args.json:
        lived = f"{seeds} seeds: {total['scans']} scans, {total['faults']} faults"
        say(f"{lived}, {failed} seeds broke a promise")
    return 1 if failed else 0


def _days(args: Namespace) -> Iterator[Day]:
    """The days in the order of their seeds, several at a time."""
    import os
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    from edge.errors import InvalidInput
    from tallydock.fuzz.run import run_seed

    first = 1 if args.seed is None else args.seed
    alone = 100 if args.seed is None else 1
    count = alone if args.seeds is None else args.seeds
    jobs = (os.cpu_count() or 1) if args.jobs is None else args.jobs
    if count < 1 or jobs < 1:
        raise InvalidInput("--seeds, --jobs", f"{count}, {jobs}", "give positive numbers")
    seeds = range(first, first + count)
    if min(jobs, count) == 1:
        yield from map(run_seed, seeds)
        return
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        yield from pool.map(run_seed, seeds)


def _tell(args: Namespace, day: Day) -> None:
    """A failed day with its last steps; the only one asked for in any case."""
    from tallydock.fuzz.run import report
    from tallydock.report import say, say_json

    if args.json:
        say_json(
            {
                "seed": day.seed,
                "steps": day.step,
                "head": day.head,
                "story": day.story,
                "count": day.count,
                "error": day.error,
            }
        )
    elif day.error is not None:
        say(report(day))
    elif args.seed is not None:
        say(f"seed {day.seed}: {day.step} steps, head {day.head}, story {day.story}")
