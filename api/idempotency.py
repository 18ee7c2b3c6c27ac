"""``Idempotency-Key``: the same key gives the same answer, with another body it is refused.

The heart stores key, digest and outcome in the transaction of the effect; here the key is read
and the digest made. Keys are kept apart by user, so that nobody can ask for another's answer.

An answer that is drawn from the rows (an order) would be another one later, so it is kept whole
before it is sent. Should the process end between the effect and that, nobody has seen an answer
yet, and the repeated request gets the first.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from hashlib import sha256
from typing import Annotated

import msgspec
from fastapi import Depends, Header
from starlette.requests import Request
from starlette.responses import Response

from api.auth.guard import Caller
from api.ports import Answers, Idempotency, WholeAnswer
from api.problems import Problem

_KEY = re.compile(r"[\x21-\x7e]{1,128}", re.ASCII)


async def idempotency(
    request: Request,
    caller: Caller,
    idempotency_key: Annotated[
        str | None,
        Header(description="The same key gives the same answer; with another body: 422."),
    ] = None,
) -> Idempotency:
    """Key and digest of this request; raises Problem ``idempotency_key_invalid``."""
    target = f"{request.url.path}?{request.url.query}"
    digest = request_digest(request.method, target, await request.body())
    if idempotency_key is None:
        return Idempotency(None, digest)
    text = idempotency_key.removeprefix('"').removesuffix('"')
    if not _KEY.fullmatch(text):
        raise Problem("idempotency_key_invalid")
    return Idempotency(f"{caller.user_id}:{text}", digest)


def request_digest(method: str, target: str, body: bytes) -> bytes:
    """SHA-256 over method, target and body; JSON counts by content, not by its spacing."""
    try:
        content = msgspec.json.encode(msgspec.json.decode(body), order="deterministic")
    except msgspec.DecodeError:
        content = body
    return sha256(b"\n".join((method.encode(), target.encode(), content))).digest()


async def once(
    answers: Answers, idempotency: Idempotency, work: Callable[[], Awaitable[WholeAnswer]]
) -> Response:
    """The answer that is kept under the key; else that of ``work``, which is kept."""
    if idempotency.key is None:
        return _response(await work())
    kept = await answers.kept(idempotency)
    if kept is None:
        kept = await answers.keep(idempotency, await work())
    return _response(kept)


def _response(answer: WholeAnswer) -> Response:
    headers = {} if answer.location is None else {"Location": answer.location}
    return Response(answer.body, answer.status, headers, "application/json")


IdempotencyKey = Annotated[Idempotency, Depends(idempotency)]
