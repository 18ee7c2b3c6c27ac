"""Check digits and check characters: GS1 mod 10, ISO/IEC 7064 MOD 37,36, GS1 check pair.

Mod 10 finds every single wrong digit, but no exchange of neighbours that differ by 5.
"""

from __future__ import annotations

from edge.codes.readings import Refusal, refuse

ALPHANUMERIC = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
CSET_82 = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
CSET_32 = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"

_VALUE_36 = {character: value for value, character in enumerate(ALPHANUMERIC)}
_VALUE_82 = {character: value for value, character in enumerate(CSET_82)}
_PRIMES = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83)


def is_digits(text: str) -> bool:
    """ASCII digits only and at least one; full-width and other digits are none."""
    return text.isascii() and text.isdecimal()


def mod10(body: str) -> str:
    """Check digit of ``body`` (ASCII digits): weights 3, 1, 3, ... from the right.

    GS1 General Specifications 7.9.1.
    """
    codes = body.encode("ascii")
    heavy, light = codes[-1::-2], codes[-2::-2]
    total = 3 * (sum(heavy) - 48 * len(heavy)) + sum(light) - 48 * len(light)
    return str(-total % 10)


def has_check_digit(number: str) -> bool:
    """The last of these ASCII digits is the check digit of those before it."""
    return mod10(number[:-1]) == number[-1]


def verify(number: str, length: int, field: str) -> Refusal | None:
    """None if ``number`` has ``length`` digits and a right check digit; ``field`` names it."""
    if len(number) != length:
        return refuse("length", field=field, n=str(len(number)), allowed=str(length))
    if not is_digits(number):
        return refuse("charset", field=field)
    return wrong_check_digit(number, field)


def wrong_check_digit(number: str, field: str) -> Refusal | None:
    """None if the last digit of ``number`` (ASCII digits) is right."""
    want = mod10(number[:-1])
    if number[-1] == want:
        return None
    return refuse("check_digit", field=field, got=number[-1], want=want)


def mod37_36(body: str) -> str:
    """Check character of ``body`` (digits and capital letters): ISO/IEC 7064 MOD 37,36.

    Finds every single wrong character. KeyError for any other character.
    """
    product = 36
    for character in body:
        product = ((product + _VALUE_36[character]) % 36 or 36) * 2 % 37
    return ALPHANUMERIC[(1 - product) % 36]


def check_pair(body: str) -> str | Refusal:
    """The two check characters of a Global Model Number without them (at most 23 characters).

    GS1 General Specifications 7.9.5: values in character set 82, times 2, 3, 5, ... from the
    right, modulo 1021, written as two characters of set 32.
    """
    if not 1 <= len(body) <= len(_PRIMES):
        return refuse("length", field="gmn", n=str(len(body)), allowed=f"1-{len(_PRIMES)}")
    if any(character not in _VALUE_82 for character in body):
        return refuse("charset", field="gmn")
    weighted = zip(reversed(body), _PRIMES, strict=False)
    total = sum(_VALUE_82[character] * prime for character, prime in weighted) % 1021
    return CSET_32[total >> 5] + CSET_32[total & 31]
