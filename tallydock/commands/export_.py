"""``tallydock export``: the journal as lines of JSON, with the very bytes that were hashed.

    {"event":{...},"hash":"9f3c..."}

hash = SHA-256(hash before as 32 bytes, zeros before seq 1; then the bytes of ``event``). Works
while the service runs: what was there at the start is exported.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path


def add_arguments(parser: ArgumentParser) -> None:
    """--data DIR [--site S] [--after N]."""
    parser.add_argument("--data", type=Path, required=True, help="folder of the stores")
    parser.add_argument("--site", help="the site; needed when the folder holds not just one")
    parser.add_argument("--after", type=int, default=0, metavar="SEQ", help="begin behind SEQ")


def run(args: Namespace) -> int:
    """Write every event behind --after."""
    from contextlib import closing

    from edge.journal.reader import JournalReader
    from edge.service.audit import damage_named
    from tallydock.stores import existing

    site, path = existing(args.data, args.site)
    with damage_named(site), closing(JournalReader.open(path)) as journal:
        for stored in journal.scan(args.after):
            sys.stdout.buffer.write(
                b'{"event":%s,"hash":"%s"}\n' % (stored.body, stored.hash.hex().encode())
            )
    sys.stdout.buffer.flush()
    return 0
