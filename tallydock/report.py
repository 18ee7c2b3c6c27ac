"""What the commands say: lines for people or JSON for programs on stdout, faults on stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping


def say(text: str) -> None:
    """One line for people, at once also into a pipe."""
    print(text, flush=True)


def say_json(fields: Mapping[str, object]) -> None:
    """One object on a line of its own, at once also into a pipe."""
    print(json.dumps(fields, ensure_ascii=False, separators=(",", ":")), flush=True)


def complain(text: str) -> None:
    """One line on stderr: what is wrong, and what to do."""
    print(text, file=sys.stderr, flush=True)
