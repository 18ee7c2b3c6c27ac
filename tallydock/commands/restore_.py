"""``tallydock restore``: after a backup was put back, fetch what it lacks from central."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path


def add_arguments(parser: ArgumentParser) -> None:
    """--data DIR [--site SITE] --from-central URL --token-file FILE."""
    parser.add_argument("--data", type=Path, required=True, help="folder of the restored store")
    parser.add_argument("--site", help="which site, when there are several")
    parser.add_argument("--from-central", required=True, metavar="URL", help="central's address")
    parser.add_argument(
        "--token-file", type=Path, required=True, help="a token of central with the scope journal"
    )
    parser.add_argument("--ca", type=Path, help="CA of central's certificate")


def run(args: Namespace) -> int:
    """Take the lost tail over; do this before the service starts."""
    from edge.journal.store import EdgeStore
    from edge.service.restore import take_over
    from tallydock.remote import Remote
    from tallydock.report import say
    from tallydock.restoring import tail_of
    from tallydock.stores import existing

    site, path = existing(args.data, args.site)
    store = EdgeStore(path, site)
    try:
        remote = Remote(args.from_central, args.token_file, args.ca)
        count = take_over(store, tail_of(remote, site, store.head))
        say(f"{site}: {count} events taken over, seq {store.head.seq}")
    finally:
        store.close()
    return 0
