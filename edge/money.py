"""Money: integer minor units with an ISO 4217 currency; never a float."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

from edge.errors import InvalidInput

_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """``amount_minor`` in the currency's smallest unit (cents, fen, yen)."""

    amount_minor: int
    currency: str

    def __post_init__(self) -> None:
        if not _CURRENCY.fullmatch(self.currency):
            raise InvalidInput("currency", self.currency, "send an ISO 4217 code, such as CNY")

    def __add__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.amount_minor + other.amount_minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.amount_minor - other.amount_minor, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.amount_minor, self.currency)

    def times(self, factor: Decimal) -> Money:
        """Product rounded half to even to a whole minor unit."""
        product = (self.amount_minor * factor).quantize(Decimal(1), rounding=ROUND_HALF_EVEN)
        return Money(int(product), self.currency)

    def split(self, weights: tuple[int, ...]) -> tuple[Money, ...]:
        """Parts in proportion to ``weights`` whose sum is exactly this amount.

        Largest remainders get the left-over units, the earlier part first on a tie.
        """
        whole = sum(weights)
        if whole <= 0 or min(weights) < 0:
            raise ValueError("weights must not be negative and must not all be zero")
        shares = [divmod(self.amount_minor * weight, whole) for weight in weights]
        left = self.amount_minor - sum(share for share, _ in shares)
        by_remainder = sorted(range(len(shares)), key=lambda index: (-shares[index][1], index))
        lucky = set(by_remainder[:left])
        return tuple(
            Money(share + (index in lucky), self.currency)
            for index, (share, _) in enumerate(shares)
        )

    def _same(self, other: Money) -> None:
        if self.currency != other.currency:
            raise InvalidInput("currency", other.currency, f"use {self.currency} throughout")
