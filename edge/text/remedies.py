"""What to send instead, in the asker's language.

Errors carry their remedy as an English sentence, values filled in (``edge.errors``); here it is
found again by its pattern and said in Chinese. A value that is a sentence itself ("did you mean
sku?") is translated as well. A sentence that nobody translated stays as it is: a remedy in the
other language is better than none. Tests see to it that no such sentence is ours.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import NamedTuple

from edge.text.catalogue import Language

FILE = "remedies.zh-CN.toml"
_HOLE = "{}"


class _Rule(NamedTuple):
    pattern: re.Pattern[str]
    chinese: str


def remedy_in(language: Language, sentence: str) -> str:
    """``sentence``, which is in English, in ``language``."""
    return sentence if language == "en" else _chinese(sentence)


def _chinese(sentence: str) -> str:
    known = translations().get(sentence)
    if known is not None and _HOLE not in sentence:
        return known
    for rule in _rules():
        match = rule.pattern.fullmatch(sentence)
        if match is not None:
            parts = iter(rule.chinese.split(_HOLE))
            filled = next(parts)
            for value, part in zip(match.groups(), parts, strict=True):
                filled += _chinese(value) + part
            return filled
    return sentence


@cache
def translations() -> Mapping[str, str]:
    """Chinese by English sentence, holes as ``{}``."""
    source = resources.files(__package__).joinpath(FILE).read_text("utf-8")
    return {
        english: chinese
        for section in tomllib.loads(source).values()
        for english, chinese in section.items()
    }


@cache
def _rules() -> tuple[_Rule, ...]:
    """The longest text first: ``the order is {}, not held`` before ``the order is {}``."""
    holed = sorted((text for text in translations() if _HOLE in text), key=len, reverse=True)
    return tuple(
        _Rule(
            re.compile("(.+)".join(map(re.escape, text.split(_HOLE))), re.DOTALL),
            translations()[text],
        )
        for text in holed
    )
