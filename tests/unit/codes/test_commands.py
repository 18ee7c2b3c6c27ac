"""Our own codes: built, read back, and refused when anything is wrong with them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.codes import commands
from edge.codes.readings import Refusal
from edge.errors import InvalidInput

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
PLAIN = sorted(verb for verb, takes in commands.VERBS.items() if not takes)
TAKING = sorted(verb for verb, takes in commands.VERBS.items() if takes)

arguments = st.lists(st.text(ALPHABET, min_size=1, max_size=8), min_size=1, max_size=4).map(
    "-".join
)
codes = st.one_of(
    st.sampled_from(PLAIN).map(commands.build),
    st.builds(commands.build, st.sampled_from(TAKING), arguments),
)


def test_the_codes_that_hang_on_every_bench() -> None:
    assert commands.build("UNDO") == "TD-UNDO-D"
    assert commands.build("NEXT") == "TD-NEXT-P"
    assert commands.parse("TD-UNDO-D") == ("UNDO", None)


@given(st.sampled_from(PLAIN))
def test_a_verb_is_read_back(verb: str) -> None:
    assert commands.parse(commands.build(verb)) == (verb, None)


@given(st.sampled_from(TAKING), arguments)
def test_an_argument_is_read_back_with_its_hyphens(verb: str, argument: str) -> None:
    assert commands.parse(commands.build(verb, argument)) == (verb, argument)


@given(codes, st.data())
def test_every_single_wrong_character_is_refused(code: str, data: st.DataObject) -> None:
    places = [place for place in range(3, len(code)) if code[place] != "-"]
    place = data.draw(st.sampled_from(places))
    wrong = data.draw(st.sampled_from([c for c in ALPHABET if c != code[place]]))
    assert isinstance(commands.parse(code[:place] + wrong + code[place + 1 :]), Refusal)


@given(codes, st.data())
def test_a_cut_code_is_never_another_command(code: str, data: st.DataObject) -> None:
    cut = code[: data.draw(st.integers(3, len(code) - 1))]
    read = commands.parse(cut)
    assert isinstance(read, Refusal) or commands.build(read.verb, read.argument) == cut


@given(st.text().map("TD-{}".format))
def test_any_text_is_refused_or_exactly_what_is_built(text: str) -> None:
    read = commands.parse(text)
    assert isinstance(read, Refusal) or commands.build(read.verb, read.argument) == text


def check_of(head: str) -> str:
    """``head`` with the right check character, found by trying."""
    shown = [f"{head}-{c}" for c in ALPHABET]
    right = [code for code in shown if _reason(code) != "check_digit"]
    assert len(right) == 1
    return right[0]


def _reason(code: str) -> str:
    read = commands.parse(code)
    return read.reason if isinstance(read, Refusal) else ""


@pytest.mark.parametrize("head", ["TD-DANCE", "TD-UNDO-7", "TD-ORDER"])
def test_a_right_check_character_alone_makes_no_command(head: str) -> None:
    assert _reason(check_of(head)) == "unknown"


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("TD-", "length"),
        ("TD-UNDO", "length"),
        ("TD--D", "length"),
        ("TD-UNDO-DD", "length"),
        ("TD-UND0-1-X", "length"),
        ("TD-UNDO-E", "check_digit"),
        ("TD-undo-D", "charset"),
        ("TD-UNDO-D\n", "charset"),
        ("TD-UNDO_D", "charset"),
        ("TD-ORDER-A--B-1", "length"),
        ("TD-ORDER-" + "A" * 49 + "-1", "length"),
    ],
)
def test_what_is_wrong_is_named(code: str, reason: str) -> None:
    assert _reason(code) == reason


@pytest.mark.parametrize(
    ("verb", "argument", "field"),
    [
        ("DANCE", None, "verb"),
        ("UNDO", "1", "argument"),
        ("ORDER", None, "argument"),
        ("ORDER", "", "argument"),
        ("ORDER", "-A", "argument"),
        ("ORDER", "A-", "argument"),
        ("ORDER", "A--B", "argument"),
        ("ORDER", "so-1", "argument"),
        ("ORDER", "A\n", "argument"),
        ("ORDER", "A" * 49, "argument"),
    ],
)
def test_what_cannot_be_printed_is_not_built(verb: str, argument: str | None, field: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        commands.build(verb, argument)
    assert raised.value.field == field
