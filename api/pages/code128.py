"""Code 128 (ISO/IEC 15417), code set B, as the widths of its bars; for command sheets.

A symbol is start B, one character a data character, the check character and stop. Each
character is three bars and three spaces, 11 modules in all; stop has 13 modules and four bars.
"""

from __future__ import annotations

from edge.errors import InvalidInput

QUIET_MODULES = 10
_START_B, _STOP = 104, 106

# Widths of bar, space, bar, ... for the values 0 to 106.
_TABLE = """
212222 222122 222221 121223 121322 131222 122213 122312 132212 221213 221312 231212 112232 122132
122231 113222 123122 123221 223211 221132 221231 213212 223112 312131 311222 321122 321221 312212
322112 322211 212123 212321 232121 111323 131123 131321 112313 132113 132311 211313 231113 231311
112133 112331 132131 113123 113321 133121 313121 211331 231131 213113 213311 213131 311123 311321
331121 312113 312311 332111 314111 221411 431111 111224 111422 121124 121421 141122 141221 112214
112412 122114 122411 142112 142211 241211 221114 413111 241112 134111 111242 121142 121241 114212
124112 124211 411212 421112 421211 212141 214121 412121 111143 111341 131141 114113 114311 411113
411311 113141 114131 311141 411131 211412 211214 211232 2331112
"""
_WIDTHS = tuple(_TABLE.split())


def widths(text: str) -> tuple[int, ...]:
    """Widths in modules, a bar first, bars and spaces in turn, without the quiet zones.

    Raises InvalidInput for an empty text or a character outside U+0020..U+007E.
    """
    if not text or not all(" " <= character <= "~" for character in text):
        raise InvalidInput("text", text, "send printable ASCII characters, at least one")
    values = [_START_B, *(ord(character) - 32 for character in text)]
    check = sum(value * max(1, place) for place, value in enumerate(values)) % 103
    return tuple(int(width) for value in (*values, check, _STOP) for width in _WIDTHS[value])


def bars(text: str) -> list[tuple[int, int]]:
    """(left edge, width) of each bar in modules, the left quiet zone included."""
    found, edge = [], QUIET_MODULES
    for place, width in enumerate(widths(text)):
        if place % 2 == 0:
            found.append((edge, width))
        edge += width
    return found


def path(text: str) -> tuple[str, int]:
    """The bars as the ``d`` of an SVG path, one unit high, and the total width in modules."""
    drawn = "".join(f"M{edge} 0h{width}v1h-{width}z" for edge, width in bars(text))
    return drawn, sum(widths(text)) + 2 * QUIET_MODULES
