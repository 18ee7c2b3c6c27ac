"""``tallydock decode``: what scanned codes mean, a line of JSON for each line that comes in.

A line that begins with ``{`` is a JSON query, any other a scan in which ``<GS>`` stands for
U+001D (``tallydock.decode`` has the forms). Exit: 0 when every line was answered, refusals
included; 2 after a malformed one.
"""

from __future__ import annotations

import io
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from datetime import date
from typing import TextIO


def add_arguments(parser: ArgumentParser) -> None:
    """[CODE ...] [--today DATE]."""
    parser.add_argument("codes", nargs="*", metavar="CODE", help="codes; else lines of the input")
    parser.add_argument(
        "--today", type=date.fromisoformat, help="ISO date from which two-digit years are read"
    )


def run(args: Namespace) -> int:
    """Answer the codes of the command line, or every line of the input as it comes."""
    from edge.clock import SystemClock, rfc3339
    from tallydock import decode
    from tallydock.report import say

    today = args.today or date.fromisoformat(rfc3339(SystemClock().now_us())[:10])
    return decode.run(args.codes or _lines(sys.stdin), say, today)


def _lines(stream: TextIO) -> Iterator[str]:
    """Lines as they come; bytes that are no UTF-8 stay in them, as lone surrogates."""
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(encoding="utf-8", errors="surrogateescape", newline="\n")
    while line := stream.readline():
        yield line
