"""Central's own tables (the projections' are the heart's). Declared once, with SQLModel.

They have a registry of their own, so that a process that holds an edge's store as well keeps the
two apart. Numbers that grow are 64 bits wide; hashes are 32 bytes.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Index, Integer
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel


class CentralModel(SQLModel, registry=registry()):
    """Base of central's tables."""


class SiteCursorRow(CentralModel, table=True):
    """The order of a site: whoever serves a message of the site locks this row."""

    __tablename__ = "central_cursor"
    site: str = Field(primary_key=True)
    counter: int = Field(sa_type=BigInteger)
    nonce: str
    through: int = Field(sa_type=BigInteger)
    hash: bytes
    projected: int = Field(sa_type=BigInteger)
    condition: str
    fenced: bool
    unfenced_at: int = Field(sa_type=BigInteger)
    head: int = Field(sa_type=BigInteger)


class SiteLogRow(CentralModel, table=True):
    """Central's copy of a site's journal; ``body`` holds the bytes that were hashed.

    ``subject`` repeats what the body names, so that an order's history is found.
    """

    __tablename__ = "central_log"
    __table_args__ = (Index("central_log_by_subject", "site", "subject", "seq"),)
    site: str = Field(primary_key=True)
    seq: int = Field(primary_key=True, sa_type=BigInteger)
    hash: bytes
    subject: str
    body: bytes


class SiteOrphanRow(CentralModel, table=True):
    """An event that fell off when a site opened a new epoch; kept for a person to settle."""

    __tablename__ = "central_orphan"
    __table_args__ = (Index("central_orphan_by_site", "site", "id"),)
    id: int | None = Field(
        default=None, primary_key=True, sa_type=BigInteger().with_variant(Integer(), "sqlite")
    )
    site: str
    counter: int = Field(sa_type=BigInteger)
    nonce: str
    seq: int = Field(sa_type=BigInteger)
    hash: bytes
    body: bytes
    at: int = Field(sa_type=BigInteger)


class AdoptionRow(CentralModel, table=True):
    """An epoch that central followed."""

    __tablename__ = "central_adoption"
    site: str = Field(primary_key=True)
    counter: int = Field(primary_key=True, sa_type=BigInteger)
    nonce: str = Field(primary_key=True)
    base: int = Field(sa_type=BigInteger)
    orphans: int
    at: int = Field(sa_type=BigInteger)


class CommandLogRow(CentralModel, table=True):
    """The present epoch of a site's command log, and how far the site followed it."""

    __tablename__ = "central_command_log"
    site: str = Field(primary_key=True)
    counter: int = Field(sa_type=BigInteger)
    nonce: str
    length: int = Field(sa_type=BigInteger)
    hash: bytes
    acked: int = Field(sa_type=BigInteger)


class OrderRow(CentralModel, table=True):
    """A command as it was given, once and for good; ``place`` is the order of giving."""

    __tablename__ = "central_command"
    site: str = Field(primary_key=True)
    id: str = Field(primary_key=True)
    place: int = Field(sa_type=BigInteger)
    type: str
    version: int
    data: bytes
    at: int = Field(sa_type=BigInteger)


class NumberRow(CentralModel, table=True):
    """A command's number and chain hash in the present epoch."""

    __tablename__ = "central_command_number"
    site: str = Field(primary_key=True)
    number: int = Field(primary_key=True, sa_type=BigInteger)
    id: str
    hash: bytes


class AnswerRow(CentralModel, table=True):
    """The event of a site's present log that answers a command."""

    __tablename__ = "central_command_answer"
    __table_args__ = (Index("central_answer_by_seq", "site", "seq"),)
    site: str = Field(primary_key=True)
    command: str = Field(primary_key=True)
    seq: int = Field(sa_type=BigInteger)
    outcome: str
    why: str | None


class CentralPersonRow(CentralModel, table=True):
    """A person's data, or the tombstone."""

    __tablename__ = "central_person"
    id: str = Field(primary_key=True)
    version: int = Field(sa_type=BigInteger)
    salt: str | None
    data: bytes | None
    erased_at: int | None = Field(sa_type=BigInteger)


class PersonLinkRow(CentralModel, table=True):
    """``site`` refers to ``person``; ``erasure`` is the command that told it to erase them."""

    __tablename__ = "central_person_link"
    __table_args__ = (Index("central_link_by_person", "person", "site"),)
    site: str = Field(primary_key=True)
    person: str = Field(primary_key=True)
    erasure: str | None


class CentralLetterRow(CentralModel, table=True):
    """A message that could not be used; bounded in number."""

    __tablename__ = "central_dead_letter"
    id: int | None = Field(
        default=None, primary_key=True, sa_type=BigInteger().with_variant(Integer(), "sqlite")
    )
    site: str
    direction: str
    topic: str
    reason: str
    payload: bytes
    at: int = Field(sa_type=BigInteger)
