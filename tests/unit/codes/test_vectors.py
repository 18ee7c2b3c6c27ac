"""Every vector, asked at the front door: `tallydock decode`."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date
from pathlib import Path
from typing import cast

import pytest

from edge.codes.ai_table import RULES
from tallydock import decode

VECTORS = Path(__file__).resolve().parents[2] / "golden" / "vectors"
TODAY = date(2026, 11, 25)

# How many element strings are read, refused for the right reason, or hold an AI that is not in
# the table yet. More rows in the table move cases from the third to the others, nothing else may.
ELEMENT_STRINGS = {"read": 231, "refused": 96, "outside": 143}

Case = dict[str, object]


def cases(name: str) -> list[Case]:
    """The cases of one file, each with the name of its set."""
    rows = cast(list[Case], json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8")))
    return [{"set": name, **row} for row in rows]


def answer(case: Case) -> Case:
    """What `decode` says to a case."""
    written: list[str] = []
    assert decode.run([json.dumps(case)], written.append, TODAY) == 0
    return cast(Case, json.loads(written[0]))


def named(case: Case) -> str:
    return str(case["id"])


def field(case: Case, outer: str, inner: str) -> object:
    """``case[outer][inner]``, None if either is missing."""
    value = case.get(outer)
    return value.get(inner) if isinstance(value, dict) else None


@pytest.mark.parametrize("case", cases("check_digits") + cases("symbology"), ids=named)
def test_case(case: Case) -> None:
    got = answer(case)
    if "expect" in case:
        expected = cast(Case, case["expect"])
        assert {key: field(got, "expect", key) for key in expected} == expected
    elif "expect" in got:
        assert case.get("tolerable")
        assert field(got, "expect", "flags") == ["repaired"]
    else:
        assert field(got, "error", "class") == field(case, "error", "class")


@pytest.mark.parametrize("case", cases("element_strings"), ids=named)
def test_element_strings(case: Case) -> None:
    got = answer(case)
    if is_outside(case):
        assert field(got, "error", "class") == "unknown_ai"
    elif "expect" in case:
        assert got["expect"] == case["expect"]
    else:
        assert field(got, "error", "class") == field(case, "error", "class")
        assert field(got, "error", "ai") == field(case, "error", "ai")


def test_no_coverage_is_lost() -> None:
    counts = Counter(
        "outside" if is_outside(case) else "read" if "expect" in case else "refused"
        for case in cases("element_strings")
    )
    assert counts == ELEMENT_STRINGS


def is_outside(case: Case) -> bool:
    """Whether an AI of the case is not in the table (those that are no AIs at all do not count)."""
    elements = field(case, "expect", "elements")
    if isinstance(elements, list):
        return any(ai not in RULES for ai, _ in elements)
    ai, reason = field(case, "error", "ai"), field(case, "error", "class")
    return reason not in ("unknown_ai", "empty") and ai not in RULES
