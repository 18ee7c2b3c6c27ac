"""The command line. Each command's module is imported when it runs, so that --help is quick.

Exit codes: 0 fine, 1 the answer is no, 2 usage, configuration or port in use, 3 a store is
damaged.
"""

from __future__ import annotations

import importlib
import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from typing import Protocol, cast

from edge.errors import DeviceError, StoreDamaged, TallydockError

FINE, NO, USAGE, DAMAGED = 0, 1, 2, 3

COMMANDS = {
    "demo": "a whole small warehouse on this machine: broker, central, edge, scanners, packers",
    "run": "the service of one site",
    "central": "the receiving end of all sites",
    "simulate": "simulated scanners and packers, and the whole house from a seed",
    "devices": "watch one device by its URL",
    "decode": "say what scanned codes mean, a line at a time",
    "bench": "how fast it is here, beside what this machine can do at all",
    "doctor": "look at this machine and say what is missing",
    "user": "add people who sign in, and tokens for programs",
    "import": "items, customers, stock or orders from a CSV file",
    "export": "the journal as lines of JSON",
    "replay": "fold a journal into empty projections",
    "restore": "after a backup was put back: fetch what it lacks from central",
    "verify": "check each store: chain, rows, invariants, and site against central",
    "compact": "give freed room back, so that nothing erased is left in a file",
}


class CommandModule(Protocol):
    """What the module of a command offers."""

    def add_arguments(self, parser: ArgumentParser) -> None: ...

    def run(self, args: Namespace) -> int: ...


def main(argv: list[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    arguments = sys.argv[1:] if argv is None else argv
    name = arguments[0] if arguments else "--help"
    if name == "--version":
        from tallydock import __version__

        print(f"tallydock {__version__}")
        return FINE
    if name not in COMMANDS:
        return _overview(name)
    module = cast("CommandModule", importlib.import_module(f"tallydock.commands.{name}_"))
    parser = ArgumentParser(prog=f"tallydock {name}", description=COMMANDS[name])
    module.add_arguments(parser)
    try:
        return module.run(parser.parse_args(arguments[1:]))
    except KeyboardInterrupt:
        return FINE
    except BrokenPipeError:
        return FINE
    except TallydockError as error:
        print(f"tallydock {name}: {error}", file=sys.stderr)
        return _code_of(error)


def _code_of(error: TallydockError) -> int:
    if isinstance(error, StoreDamaged):
        return DAMAGED
    return NO if isinstance(error, DeviceError) else USAGE


def _overview(name: str) -> int:
    parser = ArgumentParser(
        prog="tallydock",
        formatter_class=RawDescriptionHelpFormatter,
        usage="tallydock COMMAND [--help] ...",
        epilog="\n".join(f"  {command:10} {text}" for command, text in COMMANDS.items()),
    )
    if name in ("-h", "--help"):
        parser.print_help()
        return FINE
    print(f"tallydock: no command {name!r}; see tallydock --help", file=sys.stderr)
    return USAGE
