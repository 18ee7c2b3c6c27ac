"""What a station's page shows is what is recorded."""

from __future__ import annotations

import msgspec

from edge.domain.rows import Carton, Fulfilment, FulfilmentLine, Session
from edge.service.station_view import StationView
from tallydock.fuzz.dice import require
from tallydock.fuzz.site import Site
from tallydock.fuzz.watch import Watch


def check_page(site: Site, watch: Watch, station: str) -> None:
    """Paint a station's picture and hold it against the fold."""
    view = msgspec.json.decode(site.board.station(station), type=StationView)
    session = watch.fold.row(Session, station)
    if session is None:
        require(view.state == "signed_out", f"{station} shows {view.state}, nothing happened")
        return
    require(view.state == session.state, f"{station} shows {view.state}, is {session.state}")
    user = view.user.id if view.user is not None else None
    require(user == session.user, f"{station} shows {user}, there is {session.user}")
    _check_order(view, session, watch)
    _check_verdict(view, session, watch)


def _check_order(view: StationView, session: Session, watch: Watch) -> None:
    shown = view.order.fulfilment if view.order is not None else None
    require(shown == session.fulfilment, f"{view.station} shows {shown}")
    held = watch.fold.row(Fulfilment, shown) if shown is not None else None
    if view.order is None or held is None:
        return
    counts = (view.order.packed, view.order.wanted)
    require(counts == (str(held.packed), str(held.wanted)), f"{view.station} shows {counts}")
    lines = {(line.line, line.sku, line.packed, line.wanted, line.short) for line in view.lines}
    rows = {
        (row.line, row.sku, str(row.packed), str(row.wanted), str(row.short))
        for row in watch.fold.all(FulfilmentLine)
        if row.fulfilment == held.number and row.wanted > 0
    }
    require(lines == rows, f"{view.station} shows other lines than {held.number} has")
    carton = watch.fold.row(Carton, held.carton) if held.carton is not None else None
    units = view.carton.units if view.carton is not None else None
    known = str(carton.units) if carton is not None else None
    require(units == known, f"{view.station} shows {units} in the carton")


def _check_verdict(view: StationView, session: Session, watch: Watch) -> None:
    recorded = view.verdict.recorded if view.verdict is not None else None
    if recorded is None:
        return
    require(recorded.seq == session.judged, f"{view.station} shows an old verdict")
    known = watch.hashes[recorded.seq].hex()
    require(recorded.hash == known, f"{view.station} shows a verdict that is not on disk")
