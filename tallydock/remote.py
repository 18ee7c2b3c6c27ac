"""A site's REST interface, for commands that go through a running service."""

from __future__ import annotations

import http.client
import json
import ssl
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from edge.errors import InvalidInput, Refused, SeveralInvalid, StoreUnavailable, TallydockError

TIMEOUT_S = 60.0
ANSWER_BYTES_MAX = 16 * 1024 * 1024

Fields = dict[str, object]


@dataclass(frozen=True, slots=True)
class RowInvalid:
    """A wrong cell of a file, as the service names it."""

    row: int
    column: str
    value: str
    remedy: str


class FileRefused(TallydockError):
    """The service refused a file; ``rows`` says which cells are wrong."""

    def __init__(self, rows: list[RowInvalid]) -> None:
        super().__init__(f"{len(rows)} wrong cells")
        self.rows = rows


class Remote:
    """A service at ``url``. Plain HTTP only on this machine, since the token travels along."""

    def __init__(self, url: str, token_file: Path, ca: Path | None = None) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise InvalidInput("--url", url, "write it as https://host:port")
        here = parts.hostname in ("localhost", "::1") or parts.hostname.startswith("127.")
        if parts.scheme == "http" and not here:
            raise InvalidInput("--url", url, "use https: the token must not travel in clear")
        self._url, self._host, self._port = url, parts.hostname, parts.port
        self._tls = None if parts.scheme == "http" else _trust(ca)
        self._token = _token(token_file)

    def post(self, path: str, body: bytes, media_type: str = "application/json") -> Fields:
        """What the service answers; raises what it refused as InvalidInput, Refused, FileRefused."""
        return self._call("POST", path, body, media_type)

    def patch(self, path: str, fields: Fields) -> Fields:
        """Like ``post``."""
        return self._call("PATCH", path, json.dumps(fields).encode(), "application/json")

    def get(self, path: str) -> Fields:
        """Like ``post``."""
        return self._call("GET", path, None, "application/json")

    def _call(self, method: str, path: str, body: bytes | None, media_type: str) -> Fields:
        connection = self._connection()
        headers = {
            "Authorization": f"Bearer {self._token}",
            "Content-Type": media_type,
            "Accept-Language": "en",
        }
        try:
            connection.request(method, f"/api/v1{path}", body, headers)
            answer = connection.getresponse()
            content = answer.read(ANSWER_BYTES_MAX)
        except (OSError, http.client.HTTPException) as error:
            raise StoreUnavailable(f"{self._url} does not answer: {error}") from error
        finally:
            connection.close()
        fields = _fields(self._url, content)
        if answer.status >= 400:
            raise _refusal(answer.status, fields)
        return fields

    def _connection(self) -> http.client.HTTPConnection:
        if self._tls is None:
            return http.client.HTTPConnection(self._host, self._port, timeout=TIMEOUT_S)
        return http.client.HTTPSConnection(
            self._host, self._port, timeout=TIMEOUT_S, context=self._tls
        )


def _trust(ca: Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=None if ca is None else str(ca))
    except OSError as error:
        raise InvalidInput("--ca", str(ca), f"give a file of certificates: {error}") from error


def _token(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except (OSError, ValueError) as error:
        raise InvalidInput("--token-file", str(path), f"give a readable file: {error}") from error


def _fields(url: str, content: bytes) -> Fields:
    try:
        fields = json.loads(content or b"{}")
    except ValueError as error:
        raise InvalidInput("--url", url, "what answers there is no Tallydock") from error
    return fields if isinstance(fields, dict) else {}


def _refusal(status: int, problem: Fields) -> TallydockError:
    """The problem (RFC 9457) as the error that it tells."""
    raw = problem.get("errors")
    wrong = [entry for entry in raw if isinstance(entry, dict)] if isinstance(raw, list) else []
    rows = [
        RowInvalid(
            entry["row"], str(entry.get("column") or ""), str(entry.get("value") or ""),
            str(entry.get("remedy") or ""),
        )
        for entry in wrong
        if isinstance(entry.get("row"), int)
    ]  # fmt: skip
    if rows:
        return FileRefused(rows)
    if wrong:
        faults = [
            InvalidInput(str(entry.get("field")), entry.get("value") or "", str(entry["remedy"]))
            for entry in wrong
        ]
        return SeveralInvalid(faults)
    return Refused(f"{problem.get('title', status)}: {problem.get('detail', '')}")
