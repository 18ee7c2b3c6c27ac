"""Runs a projector so that its faults cannot stall the copy of a journal."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

from edge.errors import StoreError
from edge.journal.chain import StoredEvent
from sync.central.ports import Projector

logger = logging.getLogger(__name__)


def project_safely(
    connection: Connection, projector: Projector, site: str, events: Sequence[StoredEvent]
) -> int:
    """Fold ``events`` up to the first that cannot be folded; the last seq folded.

    A fold that fails is undone whole and tried again in halves, so that the projections stop
    right before the event at fault.
    """
    reached = _try(connection, projector, site, events)
    if reached is not None:
        return reached
    if len(events) == 1:
        return events[0].seq - 1
    middle = len(events) // 2
    for part in (events[:middle], events[middle:]):
        reached = project_safely(connection, projector, site, part)
        if reached < part[-1].seq:
            return reached
    return events[-1].seq


def _try(
    connection: Connection, projector: Projector, site: str, events: Sequence[StoredEvent]
) -> int | None:
    """The last seq folded, or None if the fold failed.

    A supervisor: whatever a projection raises is logged and undone by a savepoint. The store's own
    failures are not the projection's, and pass.
    """
    try:
        with connection.begin_nested():
            return projector.apply(connection, site, events)
    except (DBAPIError, StoreError):
        projector.forget()
        raise
    except Exception:
        projector.forget()
        if len(events) == 1:
            logger.exception("projections of %s stop before seq %d", site, events[0].seq)
        return None
