"""A client from outside, at a station of its own: it scans without pause and notes what it is told.

Each scan has an ``Idempotency-Key``. When the line breaks before the answer is there, the same
scan is sent with the same key until somebody answers: so each scan ends told, exactly once.
"""

from __future__ import annotations

import http.client
import json
import random
import threading
import time
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import urlsplit

STATION = "pack-3"
BADGE, UNDO, CLOSE, NEXT = "TD-BADGE-0003-W", "TD-UNDO-D", "TD-CLOSE-N", "TD-NEXT-P"
ANSWER_WAIT_S = 10.0
PAUSE_S = 0.05
SCAN_WITHIN_S = 60.0


class Told(NamedTuple):
    """What the answer to one scan said."""

    seq: int
    hash: str
    code: str
    verdict: str


class Client:
    """``told`` grows on a thread of its own; ``asked_again`` counts answers that did not come."""

    def __init__(self, url: str, token: str, dice: random.Random) -> None:
        self.told: list[Told] = []
        self.asked_again = 0
        self.fault = ""
        self._dice, self._token = dice, token
        self._line = http.client.HTTPConnection(urlsplit(url).netloc, timeout=ANSWER_WAIT_S)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="outside client")

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End after the scan that is in flight was answered."""
        self._stopping.set()
        self._thread.join(SCAN_WITHIN_S + ANSWER_WAIT_S)
        assert not self._thread.is_alive()
        self._line.close()

    def _run(self) -> None:
        for number, code in enumerate(self._codes()):
            if self._stopping.is_set() or self.fault:
                return
            self._scan(f"outside-{number}", code)

    def _codes(self) -> Iterator[str]:
        """Signs in; then order after order, with mistakes."""
        yield BADGE
        for number in range(1_000_000):
            order = self._an_order()
            yield str(order["scan"]) if order else NEXT
            for gtin in self._goods(order):
                yield gtin
                if self._dice.random() < 0.2:
                    yield self._dice.choice((UNDO, f"NOBODY-{number}", CLOSE))
            yield CLOSE
            yield NEXT

    def _an_order(self) -> dict[str, object]:
        """One that waits here and needs neither lot nor serial, if there is one."""
        _, body = self._ask("GET", f"/stations/{STATION}/work?limit=20", None, {})
        waiting: list[dict[str, object]] = json.loads(body)["items"] if body else []
        plain = [order for order in waiting if _is_plain(order)]
        return self._dice.choice(plain or waiting or [{}])

    def _goods(self, order: dict[str, object]) -> Iterator[str]:
        lines = order.get("lines", ())
        for line in lines if isinstance(lines, list) else ():
            yield from [str(line["gtin"])] * int(line["quantity"])

    def _scan(self, key: str, code: str) -> None:
        body = json.dumps({"data": code}).encode()
        headers = {"Idempotency-Key": key, "Content-Type": "application/json"}
        for _ in range(int(SCAN_WITHIN_S / PAUSE_S)):
            status, answer = self._ask("POST", f"/stations/{STATION}/scans", body, headers)
            if status == 200:
                said = json.loads(answer)
                recorded = said["recorded"]
                self.told.append(Told(recorded["seq"], recorded["hash"], code, said["verdict"]))
                return
            if status not in (0, 503):
                self.fault = f"{code}: {status} {answer.decode()}"
                return
            self.asked_again += 1
            time.sleep(PAUSE_S)
        self.fault = f"{code}: nobody answered"

    def _ask(
        self, method: str, path: str, body: bytes | None, headers: dict[str, str]
    ) -> tuple[int, bytes]:
        """Status and content; status 0: no whole answer came."""
        try:
            sent = {**headers, "Authorization": f"Bearer {self._token}"}
            self._line.request(method, f"/api/v1{path}", body, sent)
            answer = self._line.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException):
            self._line.close()
            return 0, b""


def _is_plain(order: dict[str, object]) -> bool:
    lines = order["lines"]
    return isinstance(lines, list) and all(line["tracking"] == "none" for line in lines)
