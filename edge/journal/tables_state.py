"""The tables of the projections: one for each row kind of ``edge.domain.rows``, plus ``site``.

The same tables stand in the edge's store (one site) and in central's (all sites). Quantities are
decimal text, lists are JSON text. A test holds columns and keys against the row kinds.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Index
from sqlmodel import Field, SQLModel

from edge.domain import rows


class ItemRow(SQLModel, table=True):
    __tablename__ = "item"
    __table_args__ = ({"sqlite_with_rowid": False},)
    site: str = Field(primary_key=True)
    sku: str = Field(primary_key=True)
    gtin: str | None
    name_zh: str
    name_en: str
    unit_zh: str
    unit_en: str
    tracking: str
    location: str


class PackagingRow(SQLModel, table=True):
    __tablename__ = "packaging"
    __table_args__ = ({"sqlite_with_rowid": False},)
    site: str = Field(primary_key=True)
    gtin: str = Field(primary_key=True)
    sku: str
    quantity: str


class LotRow(SQLModel, table=True):
    __tablename__ = "lot"
    __table_args__ = ({"sqlite_with_rowid": False},)
    site: str = Field(primary_key=True)
    sku: str = Field(primary_key=True)
    lot: str = Field(primary_key=True)
    expiry: str | None


class OrderRow(SQLModel, table=True):
    __tablename__ = "orders"
    __table_args__ = (
        Index("orders_by_status", "site", "status", "number"),
        {"sqlite_with_rowid": False},
    )
    site: str = Field(primary_key=True)
    number: str = Field(primary_key=True)
    channel: str
    external_id: str
    person: str | None
    person_version: int
    person_digest: str | None
    status: str
    resume_status: str
    reason: str | None
    placed_at: int = Field(sa_type=BigInteger)
    changed_at: int = Field(sa_type=BigInteger)
    lines: int
    fulfilments: int


class ExternalOrderRow(SQLModel, table=True):
    __tablename__ = "external_order"
    __table_args__ = ({"sqlite_with_rowid": False},)
    site: str = Field(primary_key=True)
    channel: str = Field(primary_key=True)
    external_id: str = Field(primary_key=True)
    number: str


class OrderLineRow(SQLModel, table=True):
    __tablename__ = "order_line"
    __table_args__ = ({"sqlite_with_rowid": False},)
    site: str = Field(primary_key=True)
    order: str = Field(primary_key=True)
    line: int = Field(primary_key=True)
    sku: str
    ordered: str
    packed: str
    short: str
    price_minor: int | None = Field(sa_type=BigInteger)
    currency: str | None


class FulfilmentRow(SQLModel, table=True):
    __tablename__ = "fulfilment"
    __table_args__ = ({"sqlite_with_rowid": False},)
    site: str = Field(primary_key=True)
    number: str = Field(primary_key=True)
    order: str
    status: str
    station: str | None
    packer: str | None
    lines: int
    cartons: int
    carton: str | None
    wanted: str
    packed: str
    short: str
    released_at: int = Field(sa_type=BigInteger)
    closed_at: int | None = Field(sa_type=BigInteger)


class FulfilmentLineRow(SQLModel, table=True):
    __tablename__ = "fulfilment_line"
    __table_args__ = (
        Index("wanted_lines", "site", "sku", "done"),
        {"sqlite_with_rowid": False},
    )
    site: str = Field(primary_key=True)
    fulfilment: str = Field(primary_key=True)
    line: int = Field(primary_key=True)
    order: str
    order_line: int
    sku: str
    wanted: str
    packed: str
    short: str
    done: bool


class CartonRow(SQLModel, table=True):
    __tablename__ = "carton"
    __table_args__ = (
        Index("cartons_of", "site", "fulfilment"),
        {"sqlite_with_rowid": False},
    )
    site: str = Field(primary_key=True)
    sscc: str = Field(primary_key=True)
    fulfilment: str
    number: int
    status: str
    station: str
    units: str
    opened_at: int = Field(sa_type=BigInteger)
    closed_at: int | None = Field(sa_type=BigInteger)


class StockRow(SQLModel, table=True):
    __tablename__ = "stock"
    __table_args__ = (
        Index("stock_by_item", "site", "sku", "serial"),
        {"sqlite_with_rowid": False},
    )
    site: str = Field(primary_key=True)
    location: str = Field(primary_key=True)
    sku: str = Field(primary_key=True)
    lot: str = Field(primary_key=True)
    serial: str = Field(primary_key=True)
    quantity: str


class SerialRow(SQLModel, table=True):
    __tablename__ = "serial"
    __table_args__ = ({"sqlite_with_rowid": False},)
    site: str = Field(primary_key=True)
    sku: str = Field(primary_key=True)
    serial: str = Field(primary_key=True)
    sscc: str
    fulfilment: str
    station: str
    packed_at: int = Field(sa_type=BigInteger)


class UserRow(SQLModel, table=True):
    __tablename__ = "user"
    __table_args__ = ({"sqlite_with_rowid": False},)
    site: str = Field(primary_key=True)
    id: str = Field(primary_key=True)
    badge: str
    role: str
    language: str
    active: bool
    person: str
    person_version: int
    person_digest: str


class BadgeRow(SQLModel, table=True):
    __tablename__ = "badge"
    __table_args__ = ({"sqlite_with_rowid": False},)
    site: str = Field(primary_key=True)
    badge: str = Field(primary_key=True)
    user: str


class SessionRow(SQLModel, table=True):
    __tablename__ = "session"
    __table_args__ = ({"sqlite_with_rowid": False},)
    site: str = Field(primary_key=True)
    station: str = Field(primary_key=True)
    state: str
    user: str | None
    language: str
    fulfilment: str | None
    line: int
    undo: int = Field(sa_type=BigInteger)
    judged: int = Field(sa_type=BigInteger)
    pending: str | None
    choices: str
    offered: str | None
    since: int = Field(sa_type=BigInteger)


class NumberBlockRow(SQLModel, table=True):
    __tablename__ = "number_block"
    __table_args__ = ({"sqlite_with_rowid": False},)
    site: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    epoch: int
    first: int = Field(sa_type=BigInteger)
    last: int = Field(sa_type=BigInteger)
    next: int = Field(sa_type=BigInteger)


class DevicePositionRow(SQLModel, table=True):
    __tablename__ = "device_position"
    __table_args__ = ({"sqlite_with_rowid": False},)
    site: str = Field(primary_key=True)
    device: str = Field(primary_key=True)
    connection: str
    sequence: int = Field(sa_type=BigInteger)
    data: str
    at: int = Field(sa_type=BigInteger)


class TimerRow(SQLModel, table=True):
    __tablename__ = "timer"
    __table_args__ = (
        Index("timers_due", "site", "due_at"),
        {"sqlite_with_rowid": False},
    )
    site: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    subject: str = Field(primary_key=True)
    due_at: int = Field(sa_type=BigInteger)


TABLE_OF: dict[type[rows.Row], type[SQLModel]] = {
    rows.Item: ItemRow,
    rows.Packaging: PackagingRow,
    rows.Lot: LotRow,
    rows.Order: OrderRow,
    rows.ExternalOrder: ExternalOrderRow,
    rows.OrderLine: OrderLineRow,
    rows.Fulfilment: FulfilmentRow,
    rows.FulfilmentLine: FulfilmentLineRow,
    rows.Carton: CartonRow,
    rows.Stock: StockRow,
    rows.Serial: SerialRow,
    rows.User: UserRow,
    rows.Badge: BadgeRow,
    rows.Session: SessionRow,
    rows.NumberBlock: NumberBlockRow,
    rows.DevicePosition: DevicePositionRow,
    rows.Timer: TimerRow,
}
