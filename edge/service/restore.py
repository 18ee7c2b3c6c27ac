"""Bringing a restored store up to what central holds, before the site works on (SYNC section 7).

A store from a backup is behind the site's true history. The lost tail lies at central, with the
bytes that were hashed; taken over here as it is, it continues the same chain, so no epoch has to
be opened and nothing becomes an orphan.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from edge.domain import rules
from edge.domain.events import CommandAccepted, CommandRefused, EpochOpened, PersonErased
from edge.domain.sync_inputs import Epoch
from edge.journal import beside, persons, registry
from edge.journal.chain import StoredEvent
from edge.journal.registry import Recorded
from edge.journal.store import EdgeStore


def take_over(store: EdgeStore, events: Iterable[StoredEvent]) -> int:
    """Append ``events`` in one unit and fold them; how many there were.

    StoreDamaged when one does not continue the chain, UnknownEvent when a newer release wrote
    it; nothing is taken over then.
    """
    store.begin()
    count = 0
    try:
        for stored in events:
            recorded = registry.decode(stored)
            store.append_as_is(stored, recorded)
            store.settled(partial(rules.evolve, store.state, recorded.event, recorded.meta))
            _keep_beside(store, recorded)
            count += 1
    except BaseException:
        store.rollback()
        raise
    store.commit()
    return count


def _keep_beside(store: EdgeStore, recorded: Recorded) -> None:
    """What stands beside the journal and follows from it: answers, the epoch, tombstones.

    A backup brings back whom it still knew; who was erased since then is erased again.
    """
    event = recorded.event
    if isinstance(event, (CommandAccepted, CommandRefused)):
        beside.save_answered(store.executor, event.command, recorded.meta.seq)
    elif isinstance(event, EpochOpened):
        beside.save_epoch(store.executor, Epoch(event.counter, event.nonce))
    elif isinstance(event, PersonErased):
        persons.erase(store.executor, event.person, recorded.meta.at_us)
