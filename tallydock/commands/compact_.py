"""``tallydock compact``: build each store's file anew, so that nothing erased is left in it.

The services must be stopped. Exit: 2 when a store is in use, 3 when one is damaged; the others
are compacted all the same.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path


def add_arguments(parser: ArgumentParser) -> None:
    """--data DIR [--json]."""
    parser.add_argument("--data", type=Path, required=True, help="folder of the stores")
    parser.add_argument("--json", action="store_true", help="an object a line")


def run(args: Namespace) -> int:
    """Compact every store in the folder."""
    from dataclasses import asdict

    from edge.errors import InvalidInput, StoreDamaged, StoreError
    from tallydock.compaction import compact
    from tallydock.report import complain, say, say_json
    from tallydock.stores import CENTRAL, central_path, edge_paths

    stores = edge_paths(args.data)
    if central_path(args.data).exists():
        stores[CENTRAL] = central_path(args.data)
    if not stores:
        raise InvalidInput("--data", str(args.data), "there is no store in this folder")
    code = 0
    for name, path in stores.items():
        try:
            done = compact(path, name)
        except StoreError as error:
            complain(f"tallydock compact: {error}")
            code = max(code, 3 if isinstance(error, StoreDamaged) else 2)
            continue
        if args.json:
            say_json(asdict(done))
        else:
            say(f"{done.store}: {done.bytes_before} bytes before, {done.bytes_after} after")
    return code
