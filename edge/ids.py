"""Identities: UUIDv7 (RFC 9562 section 5.7) and random tokens from an injected source of chance.

This is the only module that reads the system's randomness. Whoever needs chance takes a
``Chance``; the simulation hands in a seeded one, so that one seed gives one journal.
"""

from __future__ import annotations

import random
import secrets
from typing import Protocol


class Chance(Protocol):
    """Source of random bits and jitter."""

    def getrandbits(self, k: int, /) -> int: ...

    def random(self) -> float: ...


class SystemChance:
    """The operating system's cryptographic source."""

    def __init__(self) -> None:
        self._source = secrets.SystemRandom()

    def getrandbits(self, k: int, /) -> int:
        return self._source.getrandbits(k)

    def random(self) -> float:
        return self._source.random()


def seeded(seed: int | str) -> random.Random:
    """A repeatable source; never for secrets."""
    return random.Random(seed)


def uuid7(at_us: int, chance: Chance) -> str:
    """UUIDv7 text: 48 bits of milliseconds, then 74 random bits (RFC 9562 section 5.7)."""
    millis = (at_us // 1000) & ((1 << 48) - 1)
    bits = chance.getrandbits(74)
    value = millis << 80 | 0x7 << 76 | (bits >> 62) << 64 | 0b10 << 62 | bits & ((1 << 62) - 1)
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def hex_bits(bits: int, chance: Chance) -> str:
    """``bits`` random bits as lower-case hex, zero-padded; ``bits`` is a multiple of 4."""
    return f"{chance.getrandbits(bits):0{bits // 4}x}"
