"""Headers that every answer bears, whoever made it.

The policy allows nothing from other hosts and no inline code; ``'self'`` covers the page's own
WebSocket (CSP level 3). The referrer goes to nobody else; ``no-referrer`` would also blank the
``Origin`` of our own forms (see ``api.auth.origin``). Pages and API answers are not stored;
files under /static may be.
"""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

CONTENT_POLICY = (
    "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
    "object-src 'none'"
)

SECURITY_HEADERS: dict[str, str] = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": CONTENT_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

STATIC_PREFIX = "/static/"


class SecurityHeaders:
    """ASGI middleware: adds what the answer does not already say."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        cacheable = str(scope["path"]).startswith(STATIC_PREFIX)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    if not (cacheable and name == "Cache-Control"):
                        headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_with_headers)
