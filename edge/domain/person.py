"""Who somebody is: the only shape of personal data, and never part of an event."""

from __future__ import annotations

import msgspec


class PersonDetails(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is known of a person; it lives in the erasable person store alone."""

    name: str
    phone: str = ""
    mail: str = ""
    address: str = ""
