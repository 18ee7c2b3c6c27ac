"""Code 128: an independent decoder reads what we draw."""

from __future__ import annotations

import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st

from api.pages.code128 import QUIET_MODULES, bars, path, widths
from edge.codes.commands import build
from edge.errors import InvalidInput

HEIGHT, SCALE = 20, 2
PRINTABLE = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=40)


def decode(text: str) -> list[tuple[str, str]]:
    """What zxing-cpp reads in a picture of the bars."""
    _, modules = path(text)
    row = bytearray(b"\xff" * modules)
    for edge, width in bars(text):
        row[edge : edge + width] = bytes(width)
    line = bytes(value for value in row for _ in range(SCALE))
    picture = memoryview(line * HEIGHT).cast("B", (HEIGHT, modules * SCALE))
    return [(found.format.name, found.text) for found in zxingcpp.read_barcodes(picture)]


@pytest.mark.parametrize("text", [build("UNDO"), build("REASON", "DAMAGED"), "a b~", "012345678"])
def test_decoder_reads_the_symbol(text: str) -> None:
    assert decode(text) == [("Code128", text)]


@settings(max_examples=50)
@given(PRINTABLE.filter(lambda text: text == text.strip()))
def test_decoder_reads_any_printable_text(text: str) -> None:
    assert [found for _, found in decode(text)] == [text]


def test_symbol_has_the_modules_of_the_standard() -> None:
    """Start, data and check characters have 11 modules each, stop 13 (ISO/IEC 15417 4.3)."""
    assert sum(widths("TD-UNDO-D")) == 11 * (1 + 9 + 1) + 13
    assert path("TD-UNDO-D")[1] == sum(widths("TD-UNDO-D")) + 2 * QUIET_MODULES
    assert set(widths("TD-UNDO-D")) <= {1, 2, 3, 4}


@pytest.mark.parametrize("text", ["", "批号", "a\x1db"])
def test_other_characters_are_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        widths(text)
