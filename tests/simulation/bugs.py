"""Small slips such as a person makes, one for each thing that the house must not get wrong.

None of them breaks anything at once: each needs an hour of work, a crash, a restored backup or
bad weather to show. All are in the product's own code: its rules, its journal, its loop, the pump
and central's inbox.
"""

from __future__ import annotations

from edge.domain import (
    bench,
    contents,
    entry,
    holding,
    judging,
    numbers,
    opening,
    packing,
    sessions,
    stock,
)
from edge.domain import link as batches
from edge.journal import beside, store
from edge.service import handlers, heart, link, loop, thread
from sync import flight, uplink
from sync.central import log
from tests.simulation.planting import Bug, Slip, Target


def _bug(seed: int, target: Target, right: str, wrong: str) -> Bug:
    return Bug(seed, (Slip(target, right, wrong),))


def _twofold(seed: int, *slips: tuple[Target, str, str]) -> Bug:
    return Bug(seed, tuple(Slip(*slip) for slip in slips))


ATOMIC: dict[str, Bug] = {
    "the verdict leaves before the commit": _twofold(
        1,
        (
            loop.EdgeLoop._attempt,
            "self.heart.store.commit()",
            "if len(self.heart.store._pending) > 5:\n        self.heart.store.commit()",
        ),
        (
            store.EdgeStore.begin,
            'self._run("BEGIN IMMEDIATE")',
            'self.connection.in_transaction or self._run("BEGIN IMMEDIATE")',
        ),
    ),
    "a commit that failed passes for done": _bug(
        1, store.EdgeStore._run, "raise unavailable(error) from error", "return"
    ),
    "memory keeps what the disk refused": _bug(
        1, store.EdgeStore.rollback, "self.state.rollback()", "pass"
    ),
    "the head keeps what the disk refused": _bug(
        1, store.EdgeStore.rollback, "self.head, self._last_at_us = self._committed", "pass"
    ),
    "a batch that is redone tells its first try": _bug(
        2, loop.EdgeLoop._attempt, "entry.written.clear()", "pass"
    ),
    "a file with a bad row is half taken": _bug(
        1, batches.decide_batch, "if faults:", "if faults and not events:"
    ),
    "a refused batch is not undone": _bug(1, batches.decide_batch, "state.child()", "state"),
    "outages forget": _bug(1, thread.LoopThread._disk_failed, "before + refused", "refused"),
    "time runs backwards": _bug(1, store.EdgeStore.record, "max(at_us, self._last_at_us)", "at_us"),
    "time runs backwards after a restart": _bug(
        2, store._end_of, "open_envelope(last.body).recorded_at", "0"
    ),
}

ONCE: dict[str, Bug] = {
    "copies of a scan are judged after a restart": _bug(
        5,
        store.EdgeStore.prefetch,
        "self.rows.load(kind, key)",
        'None if kind.__name__ == "DevicePosition" else self.rows.load(kind, key)',
    ),
    "answers are forgotten at once": _bug(
        1, beside.keep_answer, "at_us - ANSWERS_KEPT_US", "at_us"
    ),
    "a key is good for another request": _bug(
        1, handlers._once, "if kept[0] != origin.digest:", "if kept[0] > origin.digest:"
    ),
    "a number is used twice": _bug(1, numbers.use, "next=number + 1", "next=number"),
    "an order comes in twice": _bug(
        1, entry.place_order, "if known is not None:", "if known is not None and command.draft:"
    ),
}

GOODS: dict[str, Bug] = {
    "a case goes where a piece is wanted": _bug(
        2, packing.judge_piece, ">= piece.quantity]", "> 0]"
    ),
    "what is short is packed all the same": _bug(
        19, packing.judge_piece, "row.wanted - row.packed - row.short", "row.wanted - row.packed"
    ),
    "packing moves no stock": _bug(
        1,
        contents.item_packed,
        "event.quantity, event.source, inside)",
        "event.quantity, event.source, event.source)",
    ),
    "a void goes back to the supplier": _bug(
        1,
        contents.item_voided,
        "stock.carton(event.sscc), event.source,",
        "stock.carton(event.sscc), stock.SUPPLIER,",
    ),
    "a voided serial stays taken": _bug(1, contents.item_voided, "if event.serial:", "if False:"),
    "the second UNDO finds nothing": _bug(1, contents.item_voided, "undo=event.undo", "undo=0"),
    "UNDO reaches into a closed carton": _bug(
        23, contents._forget_carton, "if session is not None:", "if False:"
    ),
    "a serial is packed twice": _bug(16, packing._identity, "if packed is not None:", "if False:"),
    "a move counts once": _bug(1, stock.move, "(source, -quantity), ", ""),
    "an order falls below what is packed": _bug(
        10, entry._check_not_below, "quantity < done", "quantity < 0"
    ),
}

PEOPLE: dict[str, Bug] = {
    "a hold does not reach the bench": _bug(
        1, holding._stop, "refresh(state, stopped, meta.at_us)", "pass"
    ),
    "a held order is opened": _bug(
        1, bench.open_order, 'fulfilment.status == "held"', 'fulfilment.status == "hold"'
    ),
    "a stopped order is taken over": _bug(
        26,
        bench.take_over,
        'fulfilment.status not in ("released", "packing")',
        'fulfilment.status == "packed"',
    ),
    "who lost an order to another keeps it": _bug(
        3, opening.fulfilment_taken_over, "_let_go(state, event.from_station, meta)", "pass"
    ),
    "signing off keeps the order": _bug(
        1, bench.sign_off, "scan.fulfilment is not None", "scan.fulfilment is None"
    ),
    "a timer is lost at a restart": _bug(
        2,
        store.EdgeStore.prefetch,
        "self.rows.load(kind, key)",
        'None if kind.__name__ == "Timer" else self.rows.load(kind, key)',
    ),
    "erasing leaves the data": _bug(
        15,
        handlers._ask,
        "persons.erase(heart.store.executor, ask.command.person, ask.at_us)",
        "pass",
    ),
    "central's erasure leaves the data": _bug(
        1, link._answer, "persons.erase(heart.store.executor, asked.person, at_us)", "pass"
    ),
}

LINK: dict[str, Bug] = {
    "the broker's receipt moves the cursor": _bug(
        1,
        uplink.Uplink._send,
        "self.flight.add(batch.last, size)",
        "self.flight.add(batch.last, size)\n    self.flight.acknowledge(batch.last)",
    ),
    "what was sent is never sent again": _bug(
        1, flight.Flight.go_back, "self.sent = self.acked", "pass"
    ),
    "central leaps over a gap": _twofold(
        3,
        (log.take, "batch.first_seq > cursor.through + 1", "batch.first_seq > cursor.through + 9"),
        (
            log._overlap_fits,
            "before is None or before.hex() != batch.prev_hash",
            "before is not None and before.hex() != batch.prev_hash",
        ),
    ),
    "central folds on over what fell off": _bug(
        10, log.adopt, "if cursor.projected > lo:", "if cursor.projected < lo:"
    ),
    "central keeps answers that fell off": _bug(
        10, log.adopt, "tx.commands.forget_answers_after(site, lo)", "pass"
    ),
}

CHECKED: dict[str, Bug] = {
    "an epoch that was not written is in force": _bug(
        12, heart.Heart.undo, "self.epoch = self._committed_epoch", "pass"
    ),
    "an answered command is done again": _bug(
        3, link._apply, "if beside.answered_at(executor, command.id) is None:", "if True:"
    ),
    "numbers start over after a restore": _bug(
        12, numbers.epoch_opened, "block.last + event.lost + span", "block.last"
    ),
    "numbers start over after a restart": _bug(
        1,
        store.EdgeStore.prefetch,
        "self.rows.load(kind, key)",
        'None if kind.__name__ == "NumberBlock" else self.rows.load(kind, key)',
    ),
    "same data is a repeat for good": _bug(1, judging._is_repeat, "0 <= ", ""),
    "a lost badge still serves": _bug(
        7, sessions.user_added, "state.remove(Badge, before.badge)", "pass"
    ),
    "short shelf life is packed": _bug(
        12, packing._dates, "< scan.moment.today + ", "< scan.moment.today - "
    ),
    "an unknown reason is taken": _bug(
        12, bench.record_short, "scan.argument not in SHORT_REASONS", "not scan.argument"
    ),
    "a lot's expiry is forgotten": _bug(
        11, packing._expiry, "lot.expiry if lot is not None else None", "None"
    ),
    "a changed order leaves the bench as it was": _bug(
        3,
        entry.fulfilment_changed,
        "refresh(state, state.need(Fulfilment, event.number), meta.at_us)",
        "pass",
    ),
    "a cancelled order has a closed carton": _bug(
        1, holding.cancel_order, "if closed > 0:", "if closed > 1:"
    ),
    "timers are not looked for": _bug(
        1, thread.LoopThread._fire_timers, "row.due_at <= now_us", "row.due_at == now_us"
    ),
    "a clock set back stops timers": _bug(
        2,
        thread.LoopThread._fire_timers,
        "now_ns = self._clock.monotonic_ns()",
        "now_ns = now_us * 1000",
    ),
    "an idle station signs out at once": _bug(
        1, sessions.sign_out_idle, "if moment.at_us - session.since < limit_us:", "if False:"
    ),
}

BUGS: dict[str, Bug] = {**ATOMIC, **ONCE, **GOODS, **PEOPLE, **LINK, **CHECKED}
