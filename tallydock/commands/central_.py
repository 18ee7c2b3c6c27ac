"""``tallydock central``: the receiving end of all sites; ``central add-site``: one more site.

``add-site`` makes the site known at central, makes its login at the broker and prints, once, what
belongs into the site's configuration and what the broker must allow. With ``--json`` one object
{"site", "url", "user", "password", "nats"}. While central runs, name it with --url.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path


def add_arguments(parser: ArgumentParser) -> None:
    """[serve | add-site SITE] --config FILE --data DIR, and what only add-site takes."""
    parser.add_argument("action", nargs="?", choices=("serve", "add-site"), default="serve")
    parser.add_argument("site", nargs="?", help="add-site: the new site's name, such as hz1")
    parser.add_argument("--config", type=Path, required=True, help="central's TOML file")
    parser.add_argument("--data", type=Path, required=True, help="folder of the store")
    adding = parser.add_argument_group("add-site")
    adding.add_argument("--broker-url", help="how the site reaches the broker; else as central")
    adding.add_argument("--renew", action="store_true", help="a new password for a known site")
    adding.add_argument("--url", help="address of central, while it runs")
    adding.add_argument("--token-file", type=Path, help="file with a token of scope sites")
    adding.add_argument("--ca", type=Path, help="certificates to trust instead of the system's")
    adding.add_argument("--json", action="store_true", help="one object")


def run(args: Namespace) -> int:
    """Serve until a signal ends it, or add a site."""
    from edge.errors import InvalidInput

    if args.action == "add-site":
        if args.site is None:
            raise InvalidInput("site", "", "name the new site: tallydock central add-site hz1 ...")
        return _add_site(args)
    if args.site is not None:
        raise InvalidInput("site", args.site, "only add-site takes the name of a site")
    return _serve(args)


def _serve(args: Namespace) -> int:
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


def _add_site(args: Namespace) -> int:
    from edge.errors import InvalidInput, StoreLocked
    from edge.ids import SystemChance
    from tallydock.config import load_central
    from tallydock.joining import join
    from tallydock.remote import Remote
    from tallydock.report import say, say_json

    running = None
    if args.url is not None:
        if args.token_file is None:
            raise InvalidInput("--token-file", "", "give the file that holds a token of central")
        running = Remote(args.url, args.token_file, args.ca)
    config, chance = load_central(args.config), SystemChance()
    try:
        joined = join(
            args.site, config, args.data, running, chance, url=args.broker_url, renew=args.renew
        )
    except StoreLocked as error:
        raise StoreLocked("central runs: name it with --url and --token-file") from error
    if args.json:
        say_json({"site": joined.site, "url": joined.url, "user": joined.site,
                  "password": joined.password, "nats": joined.nats})  # fmt: skip
        return 0
    say(f"# Into the configuration of {joined.site}; the password is not shown again.")
    say(joined.toml)
    say("# At the broker. An embedded one knows it already. NATS, in authorization.users:")
    say(joined.nats)
    say(f"# Mosquitto: mosquitto_passwd /etc/mosquitto/tallydock.passwd {joined.site}")
    return 0
