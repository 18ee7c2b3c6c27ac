"""Requests that a foreign page sends in a signed-in person's name are refused.

The cookie is SameSite=Strict; besides, each unsafe method and each WebSocket that comes from a
page must come from this server's own: ``Origin`` equals the address that was asked for, or is
listed. Browsers send ``Origin`` with every such request, so one without it (and without
``Sec-Fetch-Site``) is a program's, which no page can forge. A WebSocket is not covered by
same-origin rules at all, hence the check here.

Trap: under ``Referrer-Policy: no-referrer`` browsers send ``Origin: null`` with our own forms
(Fetch, "serializing a request origin"); this is why ``api.headers`` says ``same-origin``.
"""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from api.language import Language, negotiate
from api.problems import Problem, respond

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
POLICY_VIOLATION = 1008


class OriginCheck:
    """ASGI middleware. ``origins`` are further allowed origins, such as ``https://dock.lan``."""

    def __init__(self, app: ASGIApp, *, language: Language, origins: Collection[str] = ()) -> None:
        self._app = app
        self._language = language
        self._origins = frozenset(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        safe = scope["type"] == "http" and scope["method"] in SAFE_METHODS
        if safe or self._is_own(headers):
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": POLICY_VIOLATION})
        else:
            language = negotiate(headers.get("accept-language"), self._language)
            response = respond(Problem("foreign_origin"), str(scope["path"]), language)
            await response(scope, receive, send)

    def _is_own(self, headers: Headers) -> bool:
        origin = headers.get("origin")
        if origin is None:
            return headers.get("sec-fetch-site", "none") in ("none", "same-origin")
        return origin in self._origins or _same_host(origin, headers.get("host", ""))


def _same_host(origin: str, host: str) -> bool:
    """The schemes are not compared: behind a TLS proxy the server cannot know its own."""
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(host) and parts.netloc == host
