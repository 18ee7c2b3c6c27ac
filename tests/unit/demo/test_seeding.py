"""Bringing goods and orders in: a key stands for one request, whatever is brought in later."""

from __future__ import annotations

from datetime import date

from tallydock.demo.seeding import Door, bring_in, bring_orders
from tallydock.demo.warehouse import warehouse

TODAY = date(2026, 11, 25)


class Ledger(Door):
    """A door that nobody stands behind; it notes each key with what it was used for."""

    def __init__(self) -> None:
        super().__init__("http://127.0.0.1:1", "token")
        self.used: list[tuple[str | None, tuple[str, str, bytes | None]]] = []

    def _ask(
        self, method: str, path: str, body: bytes | None, kind: str, key: str | None
    ) -> dict[str, object]:
        self.used.append((key, (method, path, body)))
        return {}


def test_no_key_is_used_for_two_requests() -> None:
    edge, central = Ledger(), Ledger()
    house = warehouse(1, TODAY, 64)
    bring_in(house, edge, central)
    bring_orders([order.renamed("R7") for order in warehouse(7, TODAY, 80).orders], edge, central)
    for door in (edge, central):
        keys = [key for key, _ in door.used]
        assert len(set(keys)) == len(keys)
        assert None not in keys


def test_the_same_request_has_the_same_key() -> None:
    first, second, central = Ledger(), Ledger(), Ledger()
    for door in (first, second):
        bring_in(warehouse(1, TODAY, 64), door, central)
    assert first.used == second.used
