"""`tallydock decode`: one line out per line in, whatever comes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallydock import decode
from tests.unit.codes.making import GTIN, SSCC, TODAY


def run(*lines: str, today: date = TODAY) -> tuple[int, list[object]]:
    written: list[str] = []
    code = decode.run(lines, written.append, today)
    return code, [json.loads(line) for line in written]


def one(line: str, today: date = TODAY) -> object:
    code, (answer,) = run(line, today=today)
    assert code == 0
    return answer


def test_a_scan_is_answered_with_its_readings() -> None:
    assert one(f"]C101{GTIN}10AB<GS>21X\n") == {
        "readings": [
            {
                "kind": "item",
                "step": "aim",
                "text": f"01{GTIN}10AB\x1d21X",
                "gtin": GTIN,
                "lot": "AB",
                "serial": "X",
                "elements": [["01", GTIN], ["10", "AB"], ["21", "X"]],
            }
        ]
    }


def test_a_refused_scan_is_answered_with_its_class() -> None:
    assert one("]C1422156") == {
        "error": {"class": "unknown_ai", "ai": "4221", "params": {"rest": "422156"}}
    }
    assert one("") == {"error": {"class": "empty"}}


def test_a_doubtful_text_says_its_doubt() -> None:
    answer = one("4006381333932")
    assert answer == {
        "readings": [
            {
                "kind": "text",
                "step": "text",
                "text": "4006381333932",
                "flags": ["no_aim"],
                "doubt": {
                    "class": "check_digit",
                    "params": {"field": "gtin", "got": "2", "want": "1"},
                },
            }
        ]
    }


def test_a_query_is_seen_from_its_own_day_or_from_today() -> None:
    query = {"set": "element_strings", "input": "]C111990101"}

    def year(**more: str) -> object:
        answer = one(json.dumps(query | more), date(2026, 11, 25))
        assert isinstance(answer, dict)
        return answer["expect"]["facts"]["11"]["date"]

    assert year() == "1999-01-01"
    assert year(today="2050-01-01") == "2099-01-01"


@pytest.mark.parametrize(
    "query",
    [
        {"set": "epc", "op": "decode", "input": "3034"},
        {"set": "epc", "op": "encode", "input": {"scheme": "sgtin-96", "elements": [["01", "1"]]}},
        {"set": "digital_link", "op": "parse", "input": "https://id.gs1.org/01/1"},
        {"set": "check_digits", "op": "nothing_of_ours", "input": "1"},
        {"set": "anything", "input": None},
    ],
)
def test_what_is_not_known_yet_is_refused_as_such(query: dict[str, object]) -> None:
    answer = one(json.dumps(query))
    assert isinstance(answer, dict)
    assert answer["error"]["class"] == "unsupported"


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "{}",
        '{"set":"check_digits"}',
        '{"set":"check_digits","input":"1"}',
        '{"set":"check_digits","op":"sscc","input":1}',
        '{"set":"check_digits","op":"sscc","input":null}',
        '{"set":"check_digits","op":"same_item","input":["1"]}',
        '{"set":"check_digits","op":"century","input":{"yy":"1x","today_year":2026}}',
        '{"set":"check_digits","op":"sscc","input":"1","today":"yesterday"}',
        '{"set":1,"input":"1"}',
        '{"set":"symbology","input":"1"} trailing',
        '{"set":"symbology","input":"\ud800"}',
        '{"set":"x","input":' + "[" * 100_000 + "]" * 100_000 + "}",
    ],
)
def test_a_malformed_line_is_answered_and_the_next_ones_too(line: str) -> None:
    code, answers = run("TD-UNDO-D", line, "TD-NEXT-P")
    assert code == 2
    assert answers[1] == {"error": {"class": "usage"}}
    assert isinstance(answers[2], dict)
    assert answers[2]["readings"][0]["verb"] == "NEXT"


def test_each_line_is_answered_before_the_next_is_asked_for() -> None:
    written: list[str] = []

    def lines() -> Iterator[str]:
        for asked in range(3):
            assert len(written) == asked
            yield f"A-0{asked}\n"

    assert decode.run(lines(), written.append, TODAY) == 0
    assert len(written) == 3


@given(st.lists(st.text()))
def test_any_lines_are_answered_one_by_one_in_ascii(lines: list[str]) -> None:
    written: list[str] = []
    assert decode.run(lines, written.append, TODAY) in (0, 2)
    assert len(written) == len(lines)
    assert all(line.isascii() and "\n" not in line for line in written)


def test_the_sscc_of_a_label() -> None:
    assert one(json.dumps({"set": "check_digits", "op": "sscc", "input": SSCC})) == {
        "expect": {"ok": True}
    }
