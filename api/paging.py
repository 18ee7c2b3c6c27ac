"""Lists in pages: an opaque cursor names the key of the last row that was sent.

A cursor is base64url of a JSON array of that key's parts (text or whole numbers). It is a
place in an order, not a right: who may not read the list cannot use one.
"""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from typing import Annotated, Generic, TypeVar

import msgspec
from fastapi import Query
from pydantic import BaseModel

from api.problems import Problem, field_problem

LIMIT_MAX = 1000
LIMIT_DEFAULT = 100
CURSOR_LENGTH_MAX = 1024

Limit = Annotated[int, Query(ge=1, le=LIMIT_MAX, description="Most rows in one answer.")]
CursorText = Annotated[
    str | None,
    Query(max_length=CURSOR_LENGTH_MAX, description="`next_cursor` of the answer before."),
]

Key = tuple[str | int, ...]
T = TypeVar("T")
Row = TypeVar("Row")


class Page(BaseModel, Generic[T]):
    """One page of a list; ``next_cursor`` is null on the last one."""

    items: list[T]
    next_cursor: str | None


def encode_cursor(key: Key) -> str:
    """The cursor that means "after the row with this key"."""
    return urlsafe_b64encode(msgspec.json.encode(key)).rstrip(b"=").decode("ascii")


def decode_cursor(text: str | None, *shape: type[str] | type[int]) -> Key | None:
    """The key that ``text`` names, None without a cursor; raises Problem ``invalid``."""
    if text is None:
        return None
    try:
        padded = text.encode("ascii") + b"=" * (-len(text) % 4)
        key = msgspec.json.decode(urlsafe_b64decode(padded), type=Key)
    except (binascii.Error, UnicodeEncodeError, msgspec.DecodeError) as error:
        raise bad_cursor(text) from error
    if tuple(type(part) for part in key) != shape:
        raise bad_cursor(text)
    return key


def bad_cursor(text: str) -> Problem:
    """What is answered to a cursor that this list never gave out."""
    remedy = "send next_cursor of an answer of this list, or leave the cursor out"
    return Problem("invalid", errors=[field_problem("cursor", text, remedy, "bad_cursor")])


def split_page(rows: Sequence[Row], limit: int) -> tuple[Sequence[Row], bool]:
    """Of ``limit`` + 1 rows asked for: those to send, and whether more follow."""
    return rows[:limit], len(rows) > limit
