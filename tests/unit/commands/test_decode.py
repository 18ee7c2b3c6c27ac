"""``decode`` as a program sees it: lines in, lines out, exit codes."""

from __future__ import annotations

import io
import json

import pytest

from tests.unit.commands.conftest import Call, Said


@pytest.fixture
def answer(call: Call, monkeypatch: pytest.MonkeyPatch) -> Call:
    """``decode`` fed with bytes."""

    def run(fed: bytes) -> Said:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(fed)))
        return call("decode", "--today", "2026-11-25")

    return run


def test_a_scan_is_answered_with_its_readings(answer: Call) -> None:
    said = answer(b"]C1010952123454321317270101<GS>10A1\n")
    (reading,) = json.loads(said.lines[0])["readings"]
    assert said.code == 0
    assert reading["gtin"] == "09521234543213"
    assert ["10", "A1"] in reading["elements"]


def test_every_line_is_answered_and_refusals_are_answers(answer: Call) -> None:
    query = {"set": "check_digits", "op": "sscc", "input": "395212340000000009"}
    lines = [b"]C1019", json.dumps(query).encode(), b'{"set":"epc","op":"x","input":1}']
    said = answer(b"\n".join(lines))
    kinds = [next(iter(json.loads(line))) for line in said.lines]
    assert said.code == 0
    assert kinds == ["error", "error", "error"]


def test_a_malformed_line_is_answered_and_told_by_the_exit_code(answer: Call) -> None:
    said = answer(b'{"set": \n\xff\xfe\nTD-UNDO-D\n')
    assert said.code == 2
    assert json.loads(said.lines[0]) == {"error": {"class": "usage"}}
    assert len(said.lines) == 3


def test_codes_may_stand_on_the_command_line(call: Call) -> None:
    said = call("decode", "TD-UNDO-D", "TD-UNDO-E")
    assert [next(iter(json.loads(line))) for line in said.lines] == ["readings", "error"]
