"""Every word that a person reads, by key and language.

The files beside this module hold the same keys. A text may name parameters, ``{left}``; a part
in brackets, ``[ to {location}]``, is left out when a parameter in it is missing or empty, so
that a sentence never ends in "to ". A word that follows a count is given twice,
``{n} {n?line|lines}``: the first for one. Outside brackets a missing parameter shows as a dash.
A key that is not in the catalogue is shown itself: a journal may be older or newer than the
words, and a picture with one odd word is better than none. Tests see to it that no such key is
ours.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Literal, get_args

Language = Literal["zh-CN", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
MISSING = "—"

_OPTIONAL = re.compile(r"\[([^\]]*)\]")
_NAME = re.compile(r"\{(\w+)\}")
_COUNTED = re.compile(r"\{(\w+)\?([^{}|]*)\|([^{}|]*)\}")


def text(key: str, language: Language, params: Mapping[str, str] | None = None) -> str:
    """The text of ``key`` with its parameters filled in."""
    template = catalogue(language).get(key)
    if template is None:
        return key
    return fill(template, params or {})


def fill(template: str, params: Mapping[str, str]) -> str:
    """``template`` with parameters; their own brackets and braces stay as they are."""

    def part(match: re.Match[str]) -> str:
        names = _NAME.findall(match[1])
        return match[1] if all(params.get(name) for name in names) else ""

    counted = _COUNTED.sub(
        lambda match: match[2] if params.get(match[1]) == "1" else match[3], template
    )
    return _NAME.sub(lambda match: params.get(match[1]) or MISSING, _OPTIONAL.sub(part, counted))


@cache
def catalogue(language: Language) -> Mapping[str, str]:
    """All texts of a language by dotted key; read once."""
    source = resources.files(__package__).joinpath(f"{language}.toml").read_text("utf-8")
    return {
        f"{section}.{key}": template
        for section, texts in tomllib.loads(source).items()
        for key, template in texts.items()
    }
