"""From a template and values to a page in the reader's language.

The language is the reader's choice (a cookie), else what the browser asks for, else the
site's. Values are escaped; nothing is inline but blocks of JSON, which the content policy does
not run. Times are shown at the site.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TypeVar
from zoneinfo import ZoneInfo

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse

from api.auth.gate import gate_of
from api.auth.guard import Identity
from api.language import Language, negotiate
from api.pages.assets import TEMPLATES, Assets
from edge.clock import EPOCH
from edge.text.catalogue import LANGUAGES, catalogue, text

LANGUAGE_COOKIE = "tallydock_language"
THIN_SPACE = "\u2009"
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Place:
    """An entry of the navigation: address, and key of its name."""

    address: str
    key: str


class Renderer:
    """``name`` is the site's or central's, ``places`` what the navigation offers."""

    def __init__(
        self, assets: Assets, *, name: str, zone: ZoneInfo, places: Sequence[Place]
    ) -> None:
        self.zone = zone
        self._environment = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals.update(
            asset=assets.address, digest=assets.digest, zone=zone.key, name=name, places=places
        )
        self._environment.filters.update(
            hour=partial(show_time, zone, "%H:%M"),
            clock=partial(show_time, zone, "%H:%M:%S"),
            moment=partial(show_time, zone, "%Y-%m-%d %H:%M:%S"),
            minute=partial(show_time, zone, "%m-%d %H:%M"),
            grouped=grouped,
            ends=ends,
        )

    def page(
        self,
        request: Request,
        template: str,
        *,
        identity: Identity | None,
        status: int = 200,
        **values: object,
    ) -> HTMLResponse:
        """The page; ``identity`` is None where nobody is signed in."""
        language = language_of(request)
        other = next(choice for choice in LANGUAGES if choice != language)
        here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        body = self._environment.get_template(template).render(
            t=translator(language),
            language=language,
            other=other,
            here=here,
            now_us=gate_of(request).clock.now_us(),
            path=request.url.path,
            identity=identity,
            say=partial(pick, language),
            **values,
        )
        return HTMLResponse(
            body, status_code=status, headers={"Content-Language": language, "Vary": "Cookie"}
        )


def language_of(connection: HTTPConnection) -> Language:
    """The language in which this reader gets pages."""
    chosen = connection.cookies.get(LANGUAGE_COOKIE)
    for language in LANGUAGES:
        if language == chosen:
            return language
    return negotiate(connection.headers.get("accept-language"), gate_of(connection).language)


def translator(language: Language) -> Callable[..., str]:
    """``t(key, **params)`` of the templates."""

    def translate(key: str, **params: object) -> str:
        if key not in catalogue(language):
            raise KeyError(key)
        return text(key, language, {name: str(value) for name, value in params.items()})

    return translate


def pick(language: Language, chinese: T, english: T) -> T:
    """Of a thing that exists in both languages, the reader's."""
    return chinese if language == "zh-CN" else english


def show_time(zone: ZoneInfo, form: str, at_us: int | None) -> str:
    """A moment as people at the site read it; a dash for none."""
    if at_us is None:
        return "—"
    return (EPOCH + timedelta(microseconds=at_us)).astimezone(zone).strftime(form)


def grouped(number: int) -> str:
    """``48213`` -> ``48 213`` with thin spaces."""
    return f"{number:,}".replace(",", THIN_SPACE)


def ends(digest: bytes | str) -> str:
    """The two ends of a hash, enough to compare it by eye."""
    shown = digest if isinstance(digest, str) else digest.hex()
    return f"{shown[:4]}{THIN_SPACE}{shown[4:8]} … {shown[-4:]}"


def embedded(picture: bytes) -> str:
    """JSON for a ``<script type="application/json">``: no text in it can end the element."""
    return picture.replace(b"<", b"\\u003c").decode("utf-8")


def labels(*chosen: str) -> str:
    """Texts in both languages, for scripts: ``{language: {key: text}}``.

    ``chosen`` are sections (``live``) and single keys (``next.not_recorded``).
    """
    texts: Mapping[str, Mapping[str, str]] = {
        language: {
            key: template
            for key, template in catalogue(language).items()
            if key in chosen or key.partition(".")[0] in chosen
        }
        for language in LANGUAGES
    }
    return embedded(msgspec.json.encode(texts))
