"""``tallydock demo``: a whole small warehouse on this machine."""

from __future__ import annotations

import signal
from argparse import ArgumentParser, Namespace
from pathlib import Path

HUMAN_SPEED, QUICK_SPEED = 1.0, 25.0


def add_arguments(parser: ArgumentParser) -> None:
    """[--data DIR] [--port N] [--broker URL] [--orders N --exit] [--speed X]."""
    parser.add_argument("--data", type=Path, default=Path("demo-data"), help="folder of the demo")
    parser.add_argument("--port", type=int, default=8080, help="port of the floor's page")
    parser.add_argument("--broker", help="use this one: mqtt://user:password@host:port")
    parser.add_argument("--orders", type=int, help="the packers work so many orders in all")
    parser.add_argument(
        "--exit", action="store_true", help="end after the orders, verify, print one line of JSON"
    )
    parser.add_argument("--speed", type=float, help="how fast the packers are; 1 is a person")


def run(args: Namespace) -> int:
    """Run the demo until Ctrl-C, or until the orders are worked."""
    from edge.clock import SystemClock
    from edge.errors import InvalidInput
    from edge.ids import SystemChance
    from tallydock.demo.layout import Layout
    from tallydock.demo.show import Demo, Wishes
    from tallydock.report import complain, say

    if args.exit and (args.orders is None or args.orders < 1):
        raise InvalidInput("--exit", "", "say with --orders N how many orders to work")
    speed = args.speed or (QUICK_SPEED if args.exit else HUMAN_SPEED)
    wishes = Wishes(
        port=args.port, broker=args.broker, orders=args.orders, exit=args.exit, speed=speed
    )
    demo = Demo(Layout(args.data.absolute()), wishes, SystemClock(), SystemChance(), complain)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: demo.stopping.set())
    code, line = demo.run()
    if line is not None:
        say(line)
    return code
