"""Style sheet, scripts and icon: read once, kept in memory, named by what is in them.

The files of ``api/static`` are served under ``/static/{digest}/``. The digest covers all of
them and the templates, so an upgrade changes every address: a browser may keep the files for
ever, a new page never meets an old script, and the live channel tells old pages that they are
old by the same digest. The parts of the style sheet are joined in the order of ``STYLES``.
"""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.headers import STATIC_PREFIX
from api.problems import Problem

ROOT = Path(__file__).resolve().parents[1]
STATIC, TEMPLATES = ROOT / "static", ROOT / "templates"
STYLES = ("tokens", "parts", "bench", "verdict", "wall", "pages", "conditions")
SHEET = "tallydock.css"
FOR_EVER = "public, max-age=31536000, immutable"

MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it is sent: plain, and packed for browsers that take gzip."""

    media_type: str
    content: bytes
    packed: bytes


class Assets:
    """All files; ``digest`` is 16 hex digits."""

    def __init__(self, static: Path = STATIC, templates: Path = TEMPLATES) -> None:
        contents = {SHEET: b"\n".join((static / f"{name}.css").read_bytes() for name in STYLES)}
        for path in sorted(static.iterdir()):
            if path.suffix in MEDIA_TYPES and path.suffix != ".css":
                contents[path.name] = path.read_bytes()
        pages = [path.read_bytes() for path in sorted(templates.iterdir())]
        whole = sha256(b"\0".join((*contents.values(), *pages)))
        self.digest = whole.hexdigest()[:16]
        self._assets = {
            name: Asset(MEDIA_TYPES[Path(name).suffix], content, gzip.compress(content, mtime=0))
            for name, content in contents.items()
        }

    def address(self, name: str) -> str:
        """Where a file is served; KeyError for one that does not exist."""
        if name not in self._assets:
            raise KeyError(name)
        return f"{STATIC_PREFIX}{self.digest}/{name}"

    def get(self, digest: str, name: str) -> Asset | None:
        """A file by its address; an address of another version leads nowhere."""
        return self._assets.get(name) if digest == self.digest else None


def asset_router(assets: Assets) -> APIRouter:
    """Serves the files; open to everybody, like the sign-in page that uses them."""
    router = APIRouter(include_in_schema=False)

    @router.get(f"{STATIC_PREFIX}{{digest}}/{{name}}")
    async def asset(digest: str, name: str, request: Request) -> Response:
        found = assets.get(digest, name)
        if found is None:
            raise Problem("not_found")
        headers = {"Cache-Control": FOR_EVER, "Vary": "Accept-Encoding"}
        takes_gzip = "gzip" in request.headers.get("accept-encoding", "")
        if takes_gzip:
            headers["Content-Encoding"] = "gzip"
        content = found.packed if takes_gzip else found.content
        return Response(content, headers=headers, media_type=found.media_type)

    return router
