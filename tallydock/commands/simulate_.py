"""``tallydock simulate scanner | packer | fuzz``."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace


def add_arguments(parser: ArgumentParser) -> None:
    """A kind of simulator, and its own arguments."""
    from tallydock.devices_cli import add_packer_arguments, add_scanner_arguments

    kinds = parser.add_subparsers(dest="kind", required=True)
    add_scanner_arguments(kinds.add_parser("scanner", help="a serial scanner on a PTY"))
    add_packer_arguments(kinds.add_parser("packer", help="somebody who packs, and errs"))


def run(args: Namespace) -> int:
    """Be that simulator."""
    from edge.clock import SystemClock
    from edge.ids import SystemChance
    from tallydock.devices_cli import run_packer, run_scanner

    kinds = {"scanner": run_scanner, "packer": run_packer}
    return kinds[args.kind](
        args, lambda line: print(line, flush=True), SystemClock(), SystemChance()
    )
