"""Which site a command writes to: a stopped one by its store, or a running one by its address.

--data DIR [--site S | --config FILE]         the store, while the service is stopped
--url URL --token-file FILE [--ca FILE]       the service, while it runs
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edge.domain.settings import SiteSettings
    from tallydock.offline import OfflineSite
    from tallydock.remote import Remote


def add_arguments(parser: ArgumentParser) -> None:
    """The options above."""
    stopped = parser.add_argument_group("a site whose service is stopped")
    stopped.add_argument("--data", type=Path, help="folder of the stores")
    stopped.add_argument("--site", help="the site; needed when the folder holds not just one")
    stopped.add_argument("--config", type=Path, help="the site's TOML file")
    running = parser.add_argument_group("a site whose service runs")
    running.add_argument("--url", help="address of the service, as in https://dock.example:8080")
    running.add_argument("--token-file", type=Path, help="file that holds a token")
    running.add_argument("--ca", type=Path, help="certificates to trust instead of the system's")


def remote(args: Namespace) -> Remote | None:
    """The running service that was named; None when a store was. InvalidInput when neither."""
    from edge.errors import InvalidInput
    from tallydock.remote import Remote

    if args.url is None:
        if args.data is None:
            raise InvalidInput("--data", "", "name the stores' folder, or a service with --url")
        return None
    if args.token_file is None:
        raise InvalidInput("--token-file", "", "give the file that holds a token of the service")
    return Remote(args.url, args.token_file, args.ca)


@contextmanager
def offline(args: Namespace, *, keep_new: bool = True) -> Iterator[OfflineSite]:
    """The store that was named, under its lock.

    One that is not there yet is made; unless ``keep_new``, only for as long as it is open.
    """
    from contextlib import nullcontext
    from tempfile import TemporaryDirectory

    from edge.clock import SystemClock
    from edge.ids import SystemChance
    from tallydock.offline import opened

    path, settings = place(args)
    lasting = keep_new or path.exists()
    with nullcontext(None) if lasting else TemporaryDirectory() as passing:
        real = path if passing is None else Path(passing) / path.name
        with opened(real, settings, SystemClock(), SystemChance()) as site:
            yield site


def place(args: Namespace) -> tuple[Path, SiteSettings]:
    """Path and settings of the store that was named; InvalidInput."""
    from edge.errors import InvalidInput
    from tallydock.offline import settings_without_file
    from tallydock.stores import edge_path, one_site

    if args.config is None:
        site = one_site(args.data, args.site)
        path = edge_path(args.data, site)
        return path, settings_without_file(path, site)
    from tallydock.config import load_edge

    settings = load_edge(args.config).settings()
    if args.site not in (None, settings.site):
        raise InvalidInput("--site", args.site, f"{args.config} is about {settings.site}")
    return edge_path(args.data, settings.site), settings
