"""From message keys in events to sentences, at the moment of showing.

Parameters of a message name things (a SKU, a station, a number); what is shown of them is
looked up now: an item's name and unit in the language asked for, a time at the site.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from zoneinfo import ZoneInfo

import msgspec

from edge.clock import EPOCH
from edge.domain.events import Message
from edge.domain.rows import Item
from edge.text.catalogue import Language, text


class Bilingual(msgspec.Struct, frozen=True):
    """One text in both languages."""

    zh: str
    en: str


def both(key: str, params: Mapping[str, str] | None = None) -> Bilingual:
    """A catalogue text in both languages."""
    return Bilingual(text(key, "zh-CN", params or {}), text(key, "en", params or {}))


def skus_of(message: Message) -> tuple[str, ...]:
    """The items that a message speaks of."""
    names = (message.params.get("sku"), message.params.get("next_sku"))
    return tuple(name for name in names if name is not None)


def say(message: Message, language: Language, items: Mapping[str, Item], zone: ZoneInfo) -> str:
    """The sentence of a message."""
    params = dict(message.params)
    for name, prefix in (("sku", ""), ("next_sku", "next_")):
        item = items.get(params.get(name, ""))
        if item is not None:
            chinese = language == "zh-CN"
            params[f"{prefix}item"] = item.name_zh if chinese else item.name_en
            params[f"{prefix}unit"] = item.unit_zh if chinese else item.unit_en
    if "at_us" in params:
        moment = (EPOCH + timedelta(microseconds=int(params["at_us"]))).astimezone(zone)
        params["time"] = moment.strftime("%H:%M")
    return text(message.key, language, params)


def say_both(message: Message, items: Mapping[str, Item], zone: ZoneInfo) -> Bilingual:
    """The sentence of a message in both languages."""
    return Bilingual(say(message, "zh-CN", items, zone), say(message, "en", items, zone))
