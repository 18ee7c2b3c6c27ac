"""Where stores lie under ``--data DIR``: ``DIR/edge/{site}.db`` and ``DIR/central.db``."""

from __future__ import annotations

import re
from pathlib import Path

from edge.errors import InvalidInput

SITE = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
CENTRAL = "central"


def edge_path(data: Path, site: str) -> Path:
    """The store of a site; InvalidInput when ``site`` is no name of one."""
    if not SITE.fullmatch(site) or site == CENTRAL:
        remedy = "use 1 to 32 of a-z 0-9 and -, not beginning with -; central is reserved"
        raise InvalidInput("site", site, remedy)
    return data / "edge" / f"{site}.db"


def edge_paths(data: Path) -> dict[str, Path]:
    """The stores of sites that are there, by site."""
    return {path.stem: path for path in sorted((data / "edge").glob("*.db"))}


def central_path(data: Path) -> Path:
    """Central's store, there or not."""
    return data / "central.db"


def existing_central(data: Path) -> Path:
    """Central's store; InvalidInput when it is not there."""
    path = central_path(data)
    if not path.is_file():
        raise InvalidInput("--data", str(data), f"there is no store {path}")
    return path


def one_site(data: Path, site: str | None) -> str:
    """``site``, or the only one there is; InvalidInput when that does not name one."""
    if site is not None:
        edge_path(data, site)
        return site
    known = list(edge_paths(data))
    if len(known) != 1:
        there = f"one of {', '.join(known)}" if known else f"there is no store in {data / 'edge'}"
        raise InvalidInput("--site", "", f"name the site: {there}")
    return known[0]


def existing(data: Path, site: str | None) -> tuple[str, Path]:
    """A site and its store; InvalidInput when it is not there."""
    name = one_site(data, site)
    path = edge_path(data, name)
    if not path.is_file():
        raise InvalidInput("--data", str(data), f"there is no store {path}")
    return name, path
