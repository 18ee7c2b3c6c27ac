"""A new site for central: known there, with a login at the broker, and what it has to be told.

The password is made here, kept in the file of the broker's passwords (mode 0600, which an
embedded broker reads again by itself) and given back once, for the site's configuration.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from edge.ids import Chance
from edge.journal.sqlite import StoreLock
from sync.broker_conf import add_site, nats_login
from sync.topics import check_site
from tallydock.config import CentralConfig
from tallydock.remote import Remote
from tallydock.stores import central_path
from tallydock.wiring.central import open_central


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """``nats`` is the site's entry for NATS's list of users; it holds the password as well."""

    site: str
    url: str
    password: str = field(repr=False)
    nats: str = field(repr=False)

    @property
    def toml(self) -> str:
        """The site's ``[broker]``."""
        return f'[broker]\nurl = "{self.url}"\nuser = "{self.site}"\npassword = "{self.password}"\n'


def passwords_of(data: Path) -> Path:
    """The file of the broker's passwords of the central whose store lies in ``data``."""
    demo = data / "private" / "broker-passwords"
    return demo if demo.exists() else data / "broker-passwords"


def join(
    site: str, config: CentralConfig, data: Path, running: Remote | None, chance: Chance,
    *, url: str | None = None, renew: bool = False,
) -> Joined:  # fmt: skip
    """Make ``site`` known and give it a login; StoreLocked while central runs and is not named.

    Central comes first: a login without a place there would be a site whose messages are lost.
    """
    check_site(site)
    if running is None:
        _make_known(site, central_path(data))
    else:
        running.post("/sites", msgspec.json.encode({"site": site}))
    user = add_site(site, passwords_of(data), chance, renew=renew)
    return Joined(
        site=site, url=url or config.broker.url, password=user.password, nats=nats_login(user)
    )


def _make_known(site: str, path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = StoreLock(path)
    try:
        store = open_central(path)
        try:
            with store.transaction() as tx:
                tx.log.add_site(site)
        finally:
            store.close()
    finally:
        lock.release()
