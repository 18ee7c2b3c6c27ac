"""The tables of the edge's store that are no projections: the journal and what stands beside it."""

from __future__ import annotations

from sqlalchemy import BigInteger, Index, Integer
from sqlmodel import Field, SQLModel

SCHEMA_VERSION = 1


class JournalRow(SQLModel, table=True):
    """``body`` holds the canonical bytes of the event, ``subject`` repeats its key."""

    __tablename__ = "journal"
    __table_args__ = (Index("journal_by_subject", "subject", "seq"),)
    seq: int = Field(primary_key=True, sa_type=BigInteger().with_variant(Integer(), "sqlite"))
    hash: bytes
    subject: str
    body: bytes


class MetaRow(SQLModel, table=True):
    """Facts about the store itself: ``site``, ``schema``, ``app``."""

    __tablename__ = "meta"
    name: str = Field(primary_key=True)
    value: str


class CursorRow(SQLModel, table=True):
    """How far a consumer of the journal has come: a hint, never the truth (SYNC 1.2)."""

    __tablename__ = "cursor"
    consumer: str = Field(primary_key=True)
    seq: int = Field(sa_type=BigInteger)
    hash: bytes


class SiteEpochRow(SQLModel, table=True):
    """The epoch of this journal; one row, ``id`` 1."""

    __tablename__ = "site_epoch"
    id: int = Field(primary_key=True)
    counter: int
    nonce: str


class CommandPositionRow(SQLModel, table=True):
    """How far central's commands were applied; one row, ``id`` 1."""

    __tablename__ = "command_position"
    id: int = Field(primary_key=True)
    counter: int
    nonce: str
    through: int = Field(sa_type=BigInteger)
    hash: bytes


class CommandAnswerRow(SQLModel, table=True):
    """The event that answered a command of central; makes a repeated command harmless."""

    __tablename__ = "command_answer"
    command: str = Field(primary_key=True)
    seq: int = Field(sa_type=BigInteger)


class IdempotencyRow(SQLModel, table=True):
    """What was answered to a request key, kept in the transaction of its effect."""

    __tablename__ = "idempotency"
    __table_args__ = (Index("answers_by_age", "at"),)
    key: str = Field(primary_key=True)
    digest: bytes
    answer: bytes
    at: int = Field(sa_type=BigInteger)


class PersonRow(SQLModel, table=True):
    """The erasable part: the highest version wins, a tombstone (``erased_at``) wins over all."""

    __tablename__ = "person"
    id: str = Field(primary_key=True)
    version: int
    salt: str | None
    data: bytes | None
    erased_at: int | None = Field(sa_type=BigInteger)


class CredentialRow(SQLModel, table=True):
    """A login; never in the journal. ``password_hash`` is Argon2id in PHC form, or empty."""

    __tablename__ = "credential"
    login: str = Field(primary_key=True)
    user: str
    password_hash: str
    role: str
    disabled: bool = False


class ApiTokenRow(SQLModel, table=True):
    """A machine's token: SHA-256 of 256 random bits, and what it may do until when."""

    __tablename__ = "api_token"
    sha256: bytes = Field(primary_key=True)
    name: str
    user: str
    scopes: str
    expires_at: int | None = Field(sa_type=BigInteger)


class LoginSessionRow(SQLModel, table=True):
    """A browser's session: SHA-256 of its cookie."""

    __tablename__ = "login_session"
    sha256: bytes = Field(primary_key=True)
    login: str
    created_at: int = Field(sa_type=BigInteger)
    expires_at: int = Field(sa_type=BigInteger)


class DeadLetterRow(SQLModel, table=True):
    """A message or input that could not be used, kept for people; bounded in number."""

    __tablename__ = "dead_letter"
    id: int | None = Field(default=None, primary_key=True)
    at: int = Field(sa_type=BigInteger)
    direction: str
    topic: str
    reason: str
    payload: bytes
