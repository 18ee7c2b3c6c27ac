"""Every error that Tallydock raises on purpose, as one tree.

    TallydockError
    |-- InvalidInput          the caller sent something wrong: names field, value and remedy
    |   |-- SeveralInvalid    a file or batch with more than one fault: ``faults`` has them all
    |   |-- Conflict          well-formed, but the state of the warehouse forbids it
    |   `-- NotFound          the thing that was named does not exist
    |-- Refused               the caller may not do this
    |-- StoreError            the disk or the store
    |   |-- StoreUnavailable  nothing was written; the same input may be sent again
    |   |-- StoreDamaged      a row is not what was once written; `verify` names it
    |   `-- StoreLocked       another process owns the store
    |-- PeerError             the far end (broker, central, site) broke the protocol
    `-- DeviceError           a device or its line failed

Each error says whose fault it is (by its class), whether the same call may succeed later
(``retry``), and carries the fields that a person or a program needs.
"""

from __future__ import annotations

from collections.abc import Sequence

__all__ = [
    "Conflict",
    "DeviceError",
    "InvalidInput",
    "NotFound",
    "PeerError",
    "Refused",
    "SeveralInvalid",
    "StoreDamaged",
    "StoreError",
    "StoreLocked",
    "StoreUnavailable",
    "TallydockError",
]


class TallydockError(Exception):
    """Root of the tree; ``retry`` tells whether the same call may succeed later."""

    retry: bool = False


class InvalidInput(TallydockError):
    """The caller's input is wrong.

    ``field`` is the dotted path of the value, ``value`` the text that came, ``remedy`` one
    sentence that says what to send instead, ``code`` a stable token for programs.
    """

    code = "invalid"

    def __init__(self, field: str, value: object, remedy: str, code: str | None = None) -> None:
        super().__init__(f"{field}: {value!r}: {remedy}")
        self.field = field
        self.value = value if isinstance(value, str) else repr(value)
        self.remedy = remedy
        if code is not None:
            self.code = code


class Conflict(InvalidInput):
    """The input is well-formed but the present state forbids it."""

    code = "conflict"


class NotFound(InvalidInput):
    """The named thing does not exist."""

    code = "not_found"


class SeveralInvalid(InvalidInput):
    """Several faults at once; it reads like its first, and ``faults`` has all of them."""

    code = "several"

    def __init__(self, faults: Sequence[InvalidInput]) -> None:
        first = faults[0]
        super().__init__(first.field, first.value, first.remedy, first.code)
        self.faults = tuple(faults)


class Refused(TallydockError):
    """The caller is not allowed to do this."""


class StoreError(TallydockError):
    """The store failed."""


class StoreUnavailable(StoreError):
    """The disk refused to write; nothing was recorded."""

    retry = True


class StoreDamaged(StoreError):
    """A stored row differs from what was once written.

    ``seq`` is the journal position concerned, or None when a projection row is meant.
    """

    def __init__(self, site: str, seq: int | None, reason: str) -> None:
        super().__init__(f"{site}: seq {seq}: {reason}" if seq is not None else f"{site}: {reason}")
        self.site, self.seq, self.reason = site, seq, reason


class StoreLocked(StoreError):
    """Another process has this store open for writing."""


class PeerError(TallydockError):
    """The far end sent something that the protocol does not allow."""


class DeviceError(TallydockError):
    """A device or its line failed; ``reason`` is a short token, ``remedy`` what a person can do."""

    retry = True

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(f"{reason}: {remedy}")
        self.reason, self.remedy = reason, remedy
