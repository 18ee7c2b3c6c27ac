"""A site's REST interface, for commands that go through a running service."""

from __future__ import annotations

import http.client
import json
import ssl
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from edge.errors import InvalidInput, Refused, SeveralInvalid, StoreUnavailable, TallydockError

TIMEOUT_S = 60.0
ANSWER_BYTES_MAX = 16 * 1024 * 1024

Fields = dict[str, object]


class WrongField(msgspec.Struct, frozen=True):
    """One wrong value, as the service names it; ``row`` and ``column`` if it stood in a file."""

    field: str
    value: str | None
    remedy: str
    row: int | None = None
    column: str | None = None


class _Problem(msgspec.Struct, frozen=True):
    """Problem details (RFC 9457)."""

    title: str
    detail: str
    errors: list[WrongField] = []


class FileRefused(TallydockError):
    """The service refused a file; ``cells`` says what is wrong in it."""

    def __init__(self, cells: list[WrongField]) -> None:
        super().__init__(f"{len(cells)} wrong cells")
        self.cells = cells


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
        """What the service answers; what it refuses is InvalidInput, Refused or FileRefused."""
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
        try:
            if answer.status >= 400:
                raise _refusal(msgspec.json.decode(content, type=_Problem))
            return msgspec.json.decode(content or b"{}", type=dict[str, object])
        except msgspec.MsgspecError as error:
            remedy = f"what answers there ({answer.status}) is no Tallydock"
            raise InvalidInput("--url", self._url, remedy) from error

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


def _refusal(problem: _Problem) -> TallydockError:
    """The error that a problem tells."""
    cells = [wrong for wrong in problem.errors if wrong.row is not None]
    if cells:
        return FileRefused(cells)
    if problem.errors:
        return SeveralInvalid(
            [InvalidInput(wrong.field, wrong.value or "", wrong.remedy) for wrong in problem.errors]
        )
    return Refused(f"{problem.title}: {problem.detail}")
