"""``tallydock bench``: how fast is it here, beside what this machine can do at all?

Each line runs the product and a raw limit in turn and judges the ratio of the two; figures of
one run mean something, figures of two machines do not. ``--quick`` repeats less, and judges no
tail. ``--json FILE`` keeps every figure.

Exit: 1 when a goal was missed, else 0; a line that was noisy neither passes nor fails.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path


def add_arguments(parser: ArgumentParser) -> None:
    """[--quick] [--lines 1,2,3] [--data DIR] [--json FILE]."""
    parser.add_argument("--quick", action="store_true", help="fewer repetitions, no tails judged")
    parser.add_argument("--lines", help="numbers of lines with commas between; else all")
    parser.add_argument(
        "--data", type=Path, default=Path(), help="folder on the disk to measure; else this one"
    )
    parser.add_argument("--json", type=Path, help="file that gets every figure")


def run(args: Namespace) -> int:
    """Measure, and say what was found."""
    import json

    from edge.clock import SystemClock
    from tallydock.bench import lines, table
    from tallydock.report import complain, say

    numbers = lines.chosen(args.lines)
    report = lines.measure(
        args.data,
        SystemClock(),
        numbers,
        short=args.quick,
        began=lambda name: complain(f"... {name}"),
    )
    for line in table.lines(report):
        say(line)
    if args.json is not None:
        args.json.write_text(json.dumps(table.as_json(report), indent=1) + "\n", encoding="utf-8")
    return 1 if table.failed(report) else 0
