"""Prometheus text exposition format 0.0.4, written by hand: it is forty lines.

``# HELP`` and ``# TYPE`` once a family, then one line a sample; in label values backslash,
quote and line feed are escaped.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from starlette.types import ASGIApp, Message, Receive, Scope, Send

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
Kind = Literal["counter", "gauge"]


@dataclass(frozen=True, slots=True)
class Sample:
    """One value under its labels."""

    value: int | float
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Family:
    """All samples of one name; counters end in ``_total``, other names end in their unit."""

    name: str
    kind: Kind
    text: str
    samples: tuple[Sample, ...]


def exposition(families: Iterable[Family]) -> str:
    """The families as one document."""
    lines: list[str] = []
    for family in families:
        lines.append(f"# HELP {family.name} {_escape_help(family.text)}")
        lines.append(f"# TYPE {family.name} {family.kind}")
        lines.extend(
            f"{family.name}{_labels(sample.labels)} {sample.value}" for sample in family.samples
        )
    return "".join(f"{line}\n" for line in lines)


def _labels(labels: Mapping[str, str]) -> str:
    if not labels:
        return ""
    pairs = (f'{name}="{_escape(value)}"' for name, value in sorted(labels.items()))
    return "{" + ",".join(pairs) + "}"


def _escape_help(text: str) -> str:
    return text.replace("\\", r"\\").replace("\n", r"\n")


def _escape(text: str) -> str:
    return _escape_help(text).replace('"', r"\"")


class HttpMeter:
    """Counts answers by method and status class; the paths of a site are not labels."""

    def __init__(self) -> None:
        self._answers: Counter[tuple[str, str]] = Counter()

    def count(self, method: str, status: int) -> None:
        """Count one answer."""
        self._answers[method, f"{status // 100}xx"] += 1

    def families(self) -> tuple[Family, ...]:
        """What was counted so far."""
        samples = tuple(
            Sample(count, {"method": method, "status": status})
            for (method, status), count in sorted(self._answers.items())
        )
        return (Family("tallydock_http_answers_total", "counter", "HTTP answers.", samples),)


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class MeterAnswers:
    """ASGI middleware that feeds an HttpMeter; foreign method names are counted as one."""

    def __init__(self, app: ASGIApp, *, meter: HttpMeter) -> None:
        self._app = app
        self._meter = meter

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        method = str(scope["method"])

        async def send_counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._meter.count(method if method in _METHODS else "other", message["status"])
            await send(message)

        await self._app(scope, receive, send_counted)
