"""``tallydock devices watch URL``: open one device and say what it states.

Exit: 0, or 1 when the device's line could never be opened.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace


def add_arguments(parser: ArgumentParser) -> None:
    """watch URL [--seconds N] [--json]."""
    from tallydock.devices_cli import add_watch_arguments

    actions = parser.add_subparsers(dest="action", required=True)
    add_watch_arguments(actions.add_parser("watch", help="print what one device states"))


def run(args: Namespace) -> int:
    """Watch until the time is over, a signal comes, or the line never opened."""
    from edge.clock import SystemClock
    from edge.ids import SystemChance
    from tallydock.devices_cli import run_watch
    from tallydock.report import say

    return run_watch(args, say, SystemClock(), SystemChance())
