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
    """Fold ``events``; the last seq folded, which is the one before them if the fold failed.

    A supervisor: whatever a projection raises is logged and undone by a savepoint, and the
    site's projections stop there. The store's own failures are not the projection's, and pass.
    """
    try:
        with connection.begin_nested():
            return projector.apply(connection, site, events)
    except (DBAPIError, StoreError):
        projector.forget()
        raise
    except Exception:
        projector.forget()
        logger.exception("projections of %s stop before seq %d", site, events[0].seq)
        return events[0].seq - 1
