"""What a simulated scanner sent: a file with one code a line, each a JSON string.

A code is written before its first byte goes into the line and struck if no reader took it, so a
simulator that is killed has written down every code that a reader may have. Whether a reader had
the last one nobody at this end can know; who sees the station's screen can, and may have it
struck (``simulators.control``).
"""

from __future__ import annotations

import json
import os
from pathlib import Path


class Transcript:
    """The file at ``path``; None keeps the codes of this life in memory alone."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        text = path.read_bytes() if path is not None and path.exists() else b""
        self._lines = text.splitlines(keepends=True)

    @property
    def count(self) -> int:
        """How many codes are written down."""
        return len(self._lines)

    def write(self, code: str) -> None:
        """Write a code down."""
        line = json.dumps(code, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n"
        if self._path is not None:
            with self._path.open("ab") as file:
                file.write(line)
        self._lines.append(line)

    def strike(self) -> None:
        """Take the last code out again."""
        self._lines.pop()
        if self._path is not None:
            os.truncate(self._path, sum(map(len, self._lines)))
