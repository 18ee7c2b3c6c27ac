"""Writes the OpenAPI documents that are checked in: ``python -m api.openapi FOLDER``.

The documents say what outsiders rely on; a test makes them anew and compares, so that a change
of the interface is a change that somebody reads.
"""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec

from api import app, central_app
from api.application import assemble

NAMES = ("edge", "central")


def document(name: str) -> bytes:
    """The document of ``edge`` or ``central``: sorted, indented JSON with a final line feed."""
    part = {"edge": app, "central": central_app}[name]
    described = assemble(part.TITLE, part.REST).openapi()
    compact = msgspec.json.encode(described, order="sorted")
    return msgspec.json.format(compact, indent=1) + b"\n"


def main(folder: Path) -> None:
    """Write both documents into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in NAMES:
        (folder / f"{name}.json").write_bytes(document(name))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
