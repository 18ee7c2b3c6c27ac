"""A BenchView that looks through the REST API of a site, with a token of its own."""

from __future__ import annotations

import http.client
from typing import TypeVar
from urllib.parse import quote, urlsplit

import msgspec

from edge.errors import DeviceError, InvalidInput, Refused
from simulators.bench_view import Goods, Screen, Task

ANSWER_WAIT_S = 5.0
SLIPS_MAX = 20
GOODS_MAX = 1000
OK, UNAUTHORIZED, FORBIDDEN, NOT_FOUND = 200, 401, 403, 404

Shape = TypeVar("Shape", bound=msgspec.Struct)


class _Slips(msgspec.Struct):
    items: tuple[Task, ...]


class _Stock(msgspec.Struct):
    items: tuple[Goods, ...]


class HttpView:
    """One station seen through ``api``, an address such as ``http://127.0.0.1:8080``."""

    def __init__(self, api: str, station: str, token: str) -> None:
        parts = urlsplit(api)
        if parts.scheme not in ("http", "https") or parts.hostname is None:
            raise InvalidInput("api", api, "give an address such as http://127.0.0.1:8080")
        kind = (
            http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        )
        self._connection = kind(parts.hostname, parts.port, timeout=ANSWER_WAIT_S)
        self._base = parts.path.rstrip("/")
        self._station = quote(station, safe="")
        self._headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}

    def screen(self) -> Screen:
        """The station's live view."""
        return self._get(f"/stations/{self._station}", Screen)

    def tasks(self) -> tuple[Task, ...]:
        """The work that waits for the station."""
        return self._get(f"/stations/{self._station}/work?limit={SLIPS_MAX}", _Slips).items

    def goods(self, sku: str) -> tuple[Goods, ...]:
        """The balances of an item."""
        return self._get(f"/stock?sku={quote(sku, safe='')}&limit={GOODS_MAX}", _Stock).items

    def close(self) -> None:
        """Give the connection back."""
        self._connection.close()

    def _get(self, path: str, shape: type[Shape]) -> Shape:
        try:
            self._connection.request("GET", f"{self._base}/api/v1{path}", headers=self._headers)
            answer = self._connection.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            raise DeviceError("no_answer", f"start the site's service: {error}") from error
        if answer.status in (UNAUTHORIZED, FORBIDDEN):
            raise Refused("the site refuses this token; give one that may read the floor")
        if answer.status == NOT_FOUND:
            raise InvalidInput("station", path, "name a station of this site")
        if answer.status != OK:
            raise DeviceError("no_answer", f"the site answered {answer.status}")
        try:
            return msgspec.json.decode(body, type=shape)
        except msgspec.MsgspecError as error:
            raise DeviceError(
                "no_answer", f"the site's answer is not understood: {error}"
            ) from error
