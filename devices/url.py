"""Device URLs: ``scheme:path?option=value`` or ``scheme://host:port?option=value``.

A wrong URL is refused with the field, the value and the nearest valid name, so that a typing
error in the config is found by reading one line.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote

from edge.errors import InvalidInput

PORT_MAX = 65535


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a URL.

    Either ``choices`` (a word out of a list) or ``least`` and ``most`` (a whole number) rules
    what is valid; ``default`` is the text that holds when the URL does not name the option.
    """

    name: str
    default: str
    choices: tuple[str, ...] = ()
    least: int = 0
    most: int = 0

    def check(self, text: str) -> str:
        """``text`` when it is valid, else InvalidInput."""
        field = f"url.{self.name}"
        if self.choices:
            if text not in self.choices:
                raise InvalidInput(field, text, suggest("value", text, self.choices))
            return text
        if not (text.isascii() and text.isdigit() and self.least <= int(text) <= self.most):
            raise InvalidInput(field, text, f"give a whole number, {self.least} to {self.most}")
        return text


@dataclass(frozen=True, slots=True)
class DeviceUrl:
    """A URL taken apart. ``target`` is a path, or ``host:port`` when ``has_host``."""

    text: str
    scheme: str
    target: str
    has_host: bool
    given: tuple[tuple[str, str], ...] = ()

    def path(self) -> str:
        """The target as a path of this machine."""
        if self.has_host or not self.target:
            raise InvalidInput("url", self.text, f"give a path: {self.scheme}:/dev/...")
        return self.target

    def host_port(self) -> tuple[str, int]:
        """The target as host name (or address, IPv6 in brackets) and port number."""
        remedy = f"give host and port: {self.scheme}://10.0.0.7:4001"
        if not self.has_host:
            raise InvalidInput("url", self.text, remedy)
        host, _, port = self.target.rpartition(":")
        if not host or not (port.isascii() and port.isdigit()) or not 0 < int(port) <= PORT_MAX:
            raise InvalidInput("url", self.text, remedy)
        return host.removeprefix("[").removesuffix("]"), int(port)

    def options(self, known: Sequence[Option]) -> dict[str, str]:
        """Every known option with the given or the default value; unknown names are refused."""
        values = {option.name: option.default for option in known}
        by_name = {option.name: option for option in known}
        seen: set[str] = set()
        for name, value in self.given:
            if name not in by_name:
                raise InvalidInput("url.option", name, suggest("option", name, by_name))
            if name in seen:
                raise InvalidInput(f"url.{name}", value, "give this option once")
            seen.add(name)
            values[name] = by_name[name].check(value)
        return values


def suggest(noun: str, got: str, valid: Iterable[str]) -> str:
    """A sentence that names the valid word nearest to ``got``, or all of them."""
    words = sorted(valid)
    if not words:
        return f"this device takes no {noun}"
    near = difflib.get_close_matches(got, words, n=1)
    if near:
        return f"no such {noun}; did you mean {near[0]!r}?"
    return f"no such {noun}; valid: {', '.join(words)}"


def parse_url(text: str) -> DeviceUrl:
    """Take a device URL apart; what the parts must be is for the driver to say."""
    scheme, colon, rest = text.partition(":")
    if not colon or not rest or not scheme:
        raise InvalidInput("url", text, "give scheme:target, as in serial:/dev/serial/by-path/...")
    target, _, query = rest.partition("?")
    has_host = target.startswith("//")
    if has_host:
        target = target[2:].removesuffix("/")
    return DeviceUrl(
        text=text,
        scheme=scheme.lower(),
        target=unquote(target),
        has_host=has_host,
        given=_pairs(text, query),
    )


def _pairs(text: str, query: str) -> tuple[tuple[str, str], ...]:
    if not query:
        return ()
    try:
        return tuple(parse_qsl(query, keep_blank_values=True, strict_parsing=True))
    except ValueError as error:
        raise InvalidInput("url", text, "write options as ?name=value&name=value") from error
