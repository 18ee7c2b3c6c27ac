"""``tallydock import KIND FILE.csv``: items, customers, stock or orders from a CSV file.

Every wrong cell is printed with row, column, value and remedy, and then nothing is applied: exit
1. With ``--json`` a line for each wrong cell {"row", "column", "value", "remedy"}, or one line
{"kind", "count", "repeated", "applied"}.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from tallydock.commands import site_choice

if TYPE_CHECKING:
    from edge.exchange.csv_tables import Fault
    from tallydock.importing import Imported

KINDS = ("customers", "items", "orders", "stock", "prices")
NOT_YET = {"prices": "prices come with bills, in a later release; orders may carry unit_price"}


def add_arguments(parser: ArgumentParser) -> None:
    """KIND FILE [--map FILE] [--dry-run] [--json] and the site."""
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("file", type=Path, help="CSV in UTF-8, heading in row 1")
    parser.add_argument("--map", type=Path, help="TOML file: our columns by the file's headings")
    parser.add_argument("--dry-run", action="store_true", help="check everything, apply nothing")
    parser.add_argument("--json", action="store_true", help="an object a line")
    site_choice.add_arguments(parser)


def run(args: Namespace) -> int:
    """Check the file, then apply all of it or nothing."""
    from edge.errors import InvalidInput
    from tallydock.importing import FileFaults

    if args.kind in NOT_YET:
        raise InvalidInput("kind", args.kind, NOT_YET[args.kind])
    try:
        content = args.file.read_bytes()
    except OSError as error:
        raise InvalidInput("file", str(args.file), f"give a readable file: {error}") from error
    try:
        _tell_imported(args, _import(args, content))
    except FileFaults as refused:
        for fault in refused.faults:
            _tell_fault(args, fault)
        return 1
    return 0


def _import(args: Namespace, content: bytes) -> Imported:
    from tallydock.importing import import_map, into_store, through_service

    renamed = import_map(args.map)
    service = site_choice.remote(args)
    if service is not None:
        return through_service(service, args.kind, content, renamed, args.dry_run)
    with site_choice.offline(args, keep_new=not args.dry_run) as site:
        return into_store(site, args.kind, content, renamed, args.dry_run)


def _tell_imported(args: Namespace, imported: Imported) -> None:
    from dataclasses import asdict

    from tallydock.report import say, say_json

    if args.json:
        say_json(asdict(imported))
        return
    done = "imported" if imported.applied else "checked, nothing applied"
    again = f" ({imported.repeated} were there before)" if imported.repeated else ""
    say(f"{imported.count} {imported.kind} {done}{again}")


def _tell_fault(args: Namespace, fault: Fault) -> None:
    from dataclasses import asdict

    from tallydock.report import say, say_json

    if args.json:
        say_json(asdict(fault))
        return
    column = f", column {fault.column}" if fault.column else ""
    say(f"{args.file}: row {fault.row}{column}: {fault.value!r}: {fault.remedy}")
