"""The catalogue: both languages, every token of the heart, rules of wording, optional parts."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from edge.domain.bench import EXPLAINED
from edge.domain.events import EVENT_TYPES
from edge.domain.rows import StationState
from edge.domain.verdicts import VERDICTS
from edge.text.catalogue import LANGUAGES, Language, catalogue, fill, text
from edge.text.dress import DRESS_OF_VERDICT, DRESSES, dress_of

ROOT = Path(__file__).resolve().parents[3]
ENGLISH, CHINESE = catalogue("en"), catalogue("zh-CN")


def test_both_languages_have_the_same_keys() -> None:
    assert ENGLISH.keys() == CHINESE.keys()


@pytest.mark.parametrize("key", sorted(ENGLISH))
def test_both_languages_name_the_same_parameters(key: str) -> None:
    assert sorted(_names(ENGLISH[key])) == sorted(_names(CHINESE[key]))
    for template in (ENGLISH[key], CHINESE[key]):
        assert template.strip()
        assert "[" not in fill(template, {}), "brackets do not nest"


@pytest.mark.parametrize("verdict", VERDICTS)
def test_every_verdict_has_word_why_next_and_dress(verdict: str) -> None:
    for section in ("verdict", "why", "next"):
        assert f"{section}.{verdict}" in ENGLISH
    assert dress_of(verdict) in DRESSES


def test_dresses_are_given_to_verdicts_that_exist() -> None:
    assert set(DRESS_OF_VERDICT) == set(VERDICTS)
    assert dress_of("a_token_of_tomorrow") == "unknown"
    assert set(DRESSES) - set(DRESS_OF_VERDICT.values()) == {"disk"}, "disk is no verdict"


def test_every_variant_says_why_and_what_next() -> None:
    why, next_ = _variants("why"), _variants("next")
    assert why == next_
    assert {f"not_now.{word}" for word in _refusals_of_not_now()} <= why


def test_no_variant_is_left_behind() -> None:
    words = {word for tree in _rules() for word in _literals(tree)} | EXPLAINED
    assert {key for key in _variants("why") if key.split(".")[1] not in words} == set()


def test_every_state_event_and_exception_is_named() -> None:
    assert {f"station.{state}" for state in get_args(StationState)} <= set(ENGLISH)
    assert {f"event.{kind.__name__}" for kind in EVENT_TYPES} == _section("event")


@pytest.mark.parametrize("language", LANGUAGES)
def test_sentences_keep_the_rules_of_wording(language: Language) -> None:
    for key, template in catalogue(language).items():
        assert not re.search(r"[!！]|\bplease\b|\berror\b|请|错误", template), key
        if key.startswith("next."):
            shortest = fill(template, {})
            words = re.sub(r"\{\w+\}", "x", shortest)
            assert len(words) <= 20 if language == "zh-CN" else len(words.split()) <= 12, key


def test_optional_part_goes_with_its_parameter() -> None:
    assert text("next.mismatch_quantity", "en", {"location": "A-07-3"}) == (
        "Put this one back to A-07-3"
    )
    assert text("next.mismatch_quantity", "en", {"location": ""}) == "Put this one back"
    assert text("next.mismatch_quantity", "zh-CN") == "把这一件放回"


def test_missing_parameter_shows_as_a_dash_and_unknown_key_as_itself() -> None:
    assert text("why.expired", "en") == "It was good until —"
    assert text("why.nothing.like.it", "en") == "why.nothing.like.it"


def test_parameters_are_never_templates_themselves() -> None:
    assert fill("{a}[ {b}]", {"a": "{b}[x]", "b": "]C1"}) == "{b}[x] ]C1"


def _names(template: str) -> list[str]:
    return re.findall(r"\{(\w+)\}", template)


def _section(name: str) -> set[str]:
    return {key for key in ENGLISH if key.startswith(f"{name}.")}


def _variants(section: str) -> set[str]:
    return {key.split(".", 1)[1] for key in _section(section) if key.count(".") == 2}


def _rules() -> list[ast.Module]:
    """The sources of the rules that judge scans."""
    folder = ROOT / "edge" / "domain"
    names = ("bench", "packing", "station_table")
    return [ast.parse((folder / f"{name}.py").read_text(encoding="utf-8")) for name in names]


def _literals(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def _refusals_of_not_now() -> Iterator[str]:
    for tree in _rules():
        for node in ast.walk(tree):
            match node:
                case ast.Call(func=ast.Name("not_now"), args=[_, ast.Constant(str() as word), *_]):
                    yield word


@pytest.mark.parametrize(("count", "said"), [("0", "0 lines"), ("1", "1 line"), ("11", "11 lines")])
def test_word_behind_a_count_agrees_with_it(count: str, said: str) -> None:
    assert fill("{n} {n?line|lines}", {"n": count}) == said
