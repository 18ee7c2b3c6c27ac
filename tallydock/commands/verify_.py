"""``tallydock verify``: is every store what was written, and does central agree?

    hz1: ok seq 812 head 9f3c...          hz1: seq 17: hash and content do not match
    hz1: order_line SO-10001/2 is not the journal's fold
    hz1: cut off after seq 90; central holds 100
    central: ok seq 800 head 51aa... (hz1)
    central: behind by 12 (hz1)           central: seq 640: another hash than hz1 holds (hz1)

Exit: 3 when a store is damaged, else 1 when central and a site differ, else 0. With ``--json``
an object a line: {"store", "site", "state": ok|behind|differs|cut_off|damaged, "seq", "head",
"reason"}.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path


def add_arguments(parser: ArgumentParser) -> None:
    """--data DIR [--json]."""
    parser.add_argument("--data", type=Path, required=True, help="folder of the stores")
    parser.add_argument("--json", action="store_true", help="an object a line")


def run(args: Namespace) -> int:
    """Say what each store is worth; works while the services run."""
    from dataclasses import asdict

    from edge.errors import InvalidInput
    from tallydock.report import say, say_json
    from tallydock.verification import verify_all

    codes = []
    for finding in verify_all(args.data):
        codes.append(finding.code)
        if args.json:
            say_json(asdict(finding))
        else:
            say(finding.text)
    if not codes:
        raise InvalidInput("--data", str(args.data), "there is no store in this folder")
    return max(codes)
