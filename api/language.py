"""Which of the two languages an answer is in (RFC 9110 section 12.5.4)."""

from __future__ import annotations

from edge.text.catalogue import Language

__all__ = ["Language", "negotiate"]


def negotiate(accept_language: str | None, default: Language) -> Language:
    """The best of our languages for an ``Accept-Language`` value; ``default`` when none fits.

    Ranges that are malformed, unknown or refused (``q=0``) are passed over; among equals the
    earlier wins.
    """
    best, best_quality = default, 0.0
    for entry in (accept_language or "").split(",")[:32]:
        tag, _, parameter = entry.strip().partition(";")
        quality = _quality(parameter)
        language = _known(tag.strip(), default)
        if language is not None and quality > best_quality:
            best, best_quality = language, quality
    return best


def _known(tag: str, default: Language) -> Language | None:
    primary = tag.lower().partition("-")[0]
    if primary == "zh":
        return "zh-CN"
    if primary == "en":
        return "en"
    return default if tag == "*" else None


def _quality(parameter: str) -> float:
    """1 when there is none, 0 when it cannot be read."""
    name, _, value = parameter.strip().partition("=")
    if not name:
        return 1.0
    try:
        quality = float(value)
    except ValueError:
        return 0.0
    return quality if name.strip().lower() == "q" and 0.0 <= quality <= 1.0 else 0.0
