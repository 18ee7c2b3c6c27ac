"""The command log's tables in SQL."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import RowMapping, bindparam, delete, func, insert, select, update
from sqlalchemy.engine import Connection

from edge.domain.sync_inputs import Epoch
from edge.journal.chain import ZERO_HASH
from sync.central.ports import Answer, CommandLog, NumberedCommand, Order
from sync.central.tables import CentralModel

_tables = CentralModel.metadata.tables
COMMAND_LOG, ORDER = _tables["central_command_log"], _tables["central_command"]
NUMBER, ANSWER = _tables["central_command_number"], _tables["central_command_answer"]

_ORDER_FIELDS = (ORDER.c.id, ORDER.c.type, ORDER.c.version, ORDER.c.data, ORDER.c.at)

_LOG = select(COMMAND_LOG).where(COMMAND_LOG.c.site == bindparam("s"))
_SAVE_LOG = update(COMMAND_LOG).where(COMMAND_LOG.c.site == bindparam("s"))
_PLACE = select(func.coalesce(func.max(ORDER.c.place), 0)).where(ORDER.c.site == bindparam("s"))
_NUMBERED = (
    select(NUMBER.c.number, NUMBER.c.hash, *_ORDER_FIELDS)
    .join(ORDER, (ORDER.c.site == NUMBER.c.site) & (ORDER.c.id == NUMBER.c.id))
    .where(NUMBER.c.site == bindparam("s"), NUMBER.c.number > bindparam("n"))
    .order_by(NUMBER.c.number)
    .limit(bindparam("most"))
)
_HASH = select(NUMBER.c.hash).where(
    NUMBER.c.site == bindparam("s"), NUMBER.c.number == bindparam("n")
)
_UNANSWERED = (
    select(*_ORDER_FIELDS)
    .outerjoin(ANSWER, (ANSWER.c.site == ORDER.c.site) & (ANSWER.c.command == ORDER.c.id))
    .where(ORDER.c.site == bindparam("s"), ANSWER.c.seq.is_(None))
    .order_by(ORDER.c.place)
)
_ANSWER = select(ANSWER).where(ANSWER.c.site == bindparam("s"), ANSWER.c.command == bindparam("c"))


class SqlCommands:
    """``CommandTables`` over one connection, inside its transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def log(self, site: str) -> CommandLog | None:
        row = self._connection.execute(_LOG, {"s": site}).one_or_none()
        if row is None:
            return None
        epoch = Epoch(row.counter, row.nonce)
        return CommandLog(epoch=epoch, length=row.length, hash=row.hash, acked=row.acked)

    def save_log(self, site: str, log: CommandLog) -> None:
        values = {
            "counter": log.epoch.counter,
            "nonce": log.epoch.nonce,
            "length": log.length,
            "hash": log.hash,
            "acked": log.acked,
        }
        changed = self._connection.execute(_SAVE_LOG.values(**values), {"s": site}).rowcount
        if changed == 0:
            self._connection.execute(insert(COMMAND_LOG), {"site": site, **values})

    def add_order(self, site: str, order: Order) -> None:
        place = self._connection.execute(_PLACE, {"s": site}).scalar_one() + 1
        values = {
            "site": site,
            "id": order.id,
            "place": place,
            "type": order.type,
            "version": order.version,
            "data": order.data,
            "at": order.at_us,
        }
        self._connection.execute(insert(ORDER), values)

    def number(self, site: str, commands: Sequence[NumberedCommand]) -> None:
        rows = [
            {"site": site, "number": row.number, "id": row.order.id, "hash": row.hash}
            for row in commands
        ]
        if rows:
            self._connection.execute(insert(NUMBER), rows)

    def clear_numbers(self, site: str) -> None:
        self._connection.execute(delete(NUMBER).where(NUMBER.c.site == site))

    def numbered(self, site: str, after: int, limit: int) -> list[NumberedCommand]:
        values = {"s": site, "n": after, "most": limit}
        found = self._connection.execute(_NUMBERED, values).mappings()
        return [
            NumberedCommand(number=row["number"], hash=row["hash"], order=_order(row))
            for row in found
        ]

    def hash_at(self, site: str, number: int) -> bytes | None:
        if number == 0:
            return ZERO_HASH
        found: bytes | None = self._connection.execute(_HASH, {"s": site, "n": number}).scalar()
        return found

    def unanswered(self, site: str) -> list[Order]:
        found = self._connection.execute(_UNANSWERED, {"s": site}).mappings()
        return [_order(row) for row in found]

    def record_answers(self, site: str, answers: Sequence[Answer]) -> None:
        for answer in answers:
            if self.answer(site, answer.command) is None:
                values = {
                    "site": site,
                    "command": answer.command,
                    "seq": answer.seq,
                    "outcome": answer.outcome,
                    "why": answer.why,
                }
                self._connection.execute(insert(ANSWER), values)

    def forget_answers_after(self, site: str, seq: int) -> None:
        self._connection.execute(delete(ANSWER).where(ANSWER.c.site == site, ANSWER.c.seq > seq))

    def answer(self, site: str, command: str) -> Answer | None:
        row = self._connection.execute(_ANSWER, {"s": site, "c": command}).one_or_none()
        if row is None:
            return None
        return Answer(command=row.command, seq=row.seq, outcome=row.outcome, why=row.why)


def _order(row: RowMapping) -> Order:
    return Order(
        id=row["id"],
        type=row["type"],
        version=row["version"],
        data=row["data"],
        at_us=row["at"],
    )
