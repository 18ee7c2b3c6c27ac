"""``tallydock central``: the receiving end of all sites."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path


def add_arguments(parser: ArgumentParser) -> None:
    """--config FILE --data DIR."""
    parser.add_argument("--config", type=Path, required=True, help="central's TOML file")
    parser.add_argument("--data", type=Path, required=True, help="folder of the store")


def run(args: Namespace) -> int:
    """Serve until a signal ends it."""
    from api.application import ApiSettings
    from edge.clock import SystemClock
    from edge.ids import SystemChance
    from tallydock.config import load_central
    from tallydock.serving import address_of, bind, serve
    from tallydock.wiring.central import CentralHouse

    config = load_central(args.config)
    listener = bind(config.web)
    house = CentralHouse(config, args.data, SystemClock(), SystemChance())
    settings = ApiSettings(
        origins=(address_of(listener, config.web), *config.web.origins),
        language="en" if config.language == "en" else "zh-CN",
    )
    serve(house.app(settings), listener, config.web)
    return 0
