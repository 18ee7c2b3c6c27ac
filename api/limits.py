"""How large a request may be, counted as it arrives whatever Content-Length says."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.language import Language, negotiate
from api.problems import Problem, respond

BODY_BYTES_MAX = 1024 * 1024
IMPORT_BYTES_MAX = 32 * 1024 * 1024


class BodyLimit:
    """ASGI middleware: 413 for a body above the limit of its path.

    A declared length is refused before a byte is read; an undeclared one when it has passed
    the limit, which reaches the reader of the body as an HTTPException. ``larger`` maps path
    prefixes to their own limits in bytes.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        language: Language,
        limit_bytes: int = BODY_BYTES_MAX,
        larger: Mapping[str, int] | None = None,
    ) -> None:
        self._app = app
        self._language = language
        self._limit_bytes = limit_bytes
        self._larger = dict(larger or {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path, headers = str(scope["path"]), Headers(scope=scope)
        limit = self._limit_of(path)
        declared = headers.get("content-length", "0")
        if declared.isdecimal() and int(declared) > limit:
            language = negotiate(headers.get("accept-language"), self._language)
            too_large = Problem("too_large", headers={"Connection": "close"})
            await respond(too_large, path, language)(scope, receive, send)
            return
        await self._app(scope, _counted(receive, limit), send)

    def _limit_of(self, path: str) -> int:
        for prefix, limit in self._larger.items():
            if path.startswith(prefix):
                return limit
        return self._limit_bytes


def _counted(receive: Receive, limit: int) -> Receive:
    taken = 0

    async def receive_counted() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > limit:
            raise HTTPException(413)
        return message

    return receive_counted
