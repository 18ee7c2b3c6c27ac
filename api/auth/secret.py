"""Secrets that machines hold: 256 random bits as hex, of which only the SHA-256 is stored.

A fast hash is right here and wrong for passwords: 2^256 values cannot be tried.
"""

from __future__ import annotations

from hashlib import sha256

from edge.ids import Chance, hex_bits

SECRET_BITS = 256


def new_secret(chance: Chance) -> str:
    """64 hex digits; ``chance`` must be the system's source, never a seeded one."""
    return hex_bits(SECRET_BITS, chance)


def fingerprint(secret: str) -> bytes:
    """What is stored and looked up: 32 bytes."""
    return sha256(secret.encode("utf-8", "surrogateescape")).digest()
