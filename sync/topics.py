"""Topics (SYNC.md section 2): ``tallydock/v1/{site}/{leaf}``, and which kinds each may carry.

No dots in a site's name: NATS maps ``/`` to ``.`` and escapes dots.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple, get_args

from edge.errors import InvalidInput

ROOT = "tallydock/v1"
CENTRAL = "central"

Leaf = Literal["events", "state", "ack", "commands"]
LEAVES: tuple[Leaf, ...] = get_args(Leaf)

UP: tuple[Leaf, ...] = ("events", "state")
DOWN: tuple[Leaf, ...] = ("ack", "commands")

KINDS: dict[Leaf, frozenset[str]] = {
    "events": frozenset({"hello", "events", "need", "persons"}),
    "state": frozenset({"state"}),
    "ack": frozenset({"welcome", "ack"}),
    "commands": frozenset({"commands", "need", "persons"}),
}

_SITE = re.compile(r"[a-z0-9][a-z0-9-]{0,31}", re.ASCII)


class Place(NamedTuple):
    """What a topic says: whose, and which of the four."""

    site: str
    leaf: Leaf


def check_site(site: str) -> str:
    """``site`` itself, or InvalidInput when it cannot stand in a topic."""
    if not _SITE.fullmatch(site) or site == CENTRAL:
        raise InvalidInput(
            "site",
            site,
            "use 1-32 of a-z, 0-9, '-'; no '-' first; not 'central'",
        )
    return site


def topic(site: str, leaf: Leaf) -> str:
    return f"{ROOT}/{site}/{leaf}"


def everyones(leaf: Leaf) -> str:
    """The filter that matches ``leaf`` of every site."""
    return f"{ROOT}/+/{leaf}"


def place(name: str) -> Place | None:
    """Site and leaf of a topic, or None when it is none of ours."""
    head, _, rest = name.partition(f"{ROOT}/")
    site, _, last = rest.partition("/")
    if head or not _SITE.fullmatch(site) or site == CENTRAL:
        return None
    return next((Place(site, leaf) for leaf in LEAVES if leaf == last), None)
