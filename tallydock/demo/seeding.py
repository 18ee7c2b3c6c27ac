"""Bringing the warehouse in through the doors that everybody uses: files, REST, central."""

from __future__ import annotations

import csv
import http.client
import io
import json
from collections.abc import Iterable, Sequence
from hashlib import sha256
from urllib.parse import urlsplit

from tallydock.demo.layout import SITE
from tallydock.demo.warehouse import Wanted, Warehouse

ANSWER_WAIT_S = 30.0
BY_CENTRAL = 4
READY, OK = 200, 300


class Rejected(RuntimeError):
    """A service did not take what it should."""


class Door:
    """A service's REST interface, with a token."""

    def __init__(self, url: str, token: str) -> None:
        self._address, self._token = urlsplit(url).netloc, token

    def get(self, path: str) -> dict[str, object]:
        """The JSON object of a GET."""
        return self._ask("GET", path, None, "application/json", None)

    def post(self, path: str, body: dict[str, object], key: str) -> dict[str, object]:
        """The answer to a JSON body."""
        content = json.dumps(body, ensure_ascii=False).encode()
        return self._ask("POST", path, content, "application/json", key)

    def post_csv(self, kind: str, rows: Iterable[dict[str, str]]) -> dict[str, object]:
        """Import a file; the same file again changes nothing."""
        table = list(rows)
        text = io.StringIO()
        writer = csv.DictWriter(text, list(table[0]))
        writer.writeheader()
        writer.writerows(table)
        content = text.getvalue().encode()
        key = f"demo-{kind}-{sha256(content).hexdigest()[:16]}"
        return self._ask("POST", f"/imports/{kind}", content, "text/csv", key)

    def _ask(
        self, method: str, path: str, body: bytes | None, kind: str, key: str | None
    ) -> dict[str, object]:
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": kind}
        if key is not None:
            headers["Idempotency-Key"] = key
        connection = http.client.HTTPConnection(self._address, timeout=ANSWER_WAIT_S)
        try:
            connection.request(method, f"/api/v1{path}", body, headers)
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        if answer.status >= OK:
            raise Rejected(f"{method} {path}: {answer.status} {content.decode()}")
        found: dict[str, object] = json.loads(content)
        return found


def is_ready(url: str) -> bool:
    """Whether a service's /readyz says yes."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=2)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == READY
    except OSError:
        return False
    finally:
        connection.close()


def bring_in(house: Warehouse, edge: Door, central: Door) -> None:
    """Goods, stock and customers from files, orders of one channel from a file, of the other by
    REST, and a few through central.
    """
    edge.post_csv("items", _items(house))
    edge.post_csv("stock", _stock(house))
    edge.post_csv("customers", _customers(house))
    bring_orders(house.orders, edge, central)


def bring_orders(orders: Sequence[Wanted], edge: Door, central: Door) -> None:
    """Place orders: the last few through central, the others by channel."""
    direct, remote = orders[:-BY_CENTRAL], orders[-BY_CENTRAL:]
    from_file = [order for order in direct if order.channel == "shop-a"]
    for order in direct:
        if order.channel != "shop-a":
            edge.post("/orders", _draft(order), f"demo-{order.external_id}")
    if from_file:
        edge.post_csv("orders", _order_rows(from_file))
    for order in remote:
        body = {**_draft(order), "site": SITE, "customer": None}
        central.post("/orders", body, f"demo-{order.external_id}")


def _draft(order: Wanted) -> dict[str, object]:
    return {
        "channel": order.channel,
        "external_id": order.external_id,
        "customer": order.customer,
        "lines": [{"sku": sku, "quantity": str(quantity)} for sku, quantity in order.lines],
    }


def _items(house: Warehouse) -> Iterable[dict[str, str]]:
    for good in house.goods:
        yield {
            "sku": good.sku,
            "gtin": good.gtin,
            "name_zh": good.name_zh,
            "name_en": good.name_en,
            "unit_zh": good.unit_zh,
            "unit_en": good.unit_en,
            "tracking": good.tracking,
            "location": good.location,
            "case_gtin": good.case_gtin or "",
            "case_quantity": "6" if good.case_gtin is not None else "",
        }


def _stock(house: Warehouse) -> Iterable[dict[str, str]]:
    for receipt in house.receipts:
        yield {
            "sku": receipt.sku,
            "quantity": str(receipt.quantity),
            "location": receipt.location,
            "lot": receipt.lot,
            "serial": receipt.serial,
            "expiry": receipt.expiry.isoformat() if receipt.expiry is not None else "",
            "reference": "opening",
        }


def _customers(house: Warehouse) -> Iterable[dict[str, str]]:
    for customer in house.customers:
        yield {
            "customer": customer.id,
            "name": customer.name,
            "phone": customer.phone,
            "address": customer.address,
        }


def _order_rows(orders: Sequence[Wanted]) -> Iterable[dict[str, str]]:
    for order in orders:
        for sku, quantity in order.lines:
            yield {
                "channel": order.channel,
                "external_id": order.external_id,
                "customer": order.customer,
                "sku": sku,
                "quantity": str(quantity),
            }
