"""Pictures of a small warehouse in the states that a packer and a supervisor meet."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from edge.clock import rfc3339
from edge.text.catalogue import text
from edge.text.dress import dress_of

View = dict[str, object]
HASH = "9e41c07a5f17d28ab06677c1d9e03b52a8f0c1d2e3f405162738495a6b7c07c2"

FLASK = {"zh": "不锈钢保温杯 500 ml 深空灰", "en": "Steel flask 500 ml, graphite"}
NOTEBOOK = {"zh": "方格笔记本 A5 120 页", "en": "Grid notebook A5, 120 pages"}
MASKS = {"zh": "医用外科口罩 50 只装", "en": "Surgical masks, box of 50"}
MOUSE = {"zh": "无线鼠标 静音款 黑", "en": "Wireless mouse, silent, black"}
PIECE, BOOK = {"zh": "件", "en": "pcs"}, {"zh": "本", "en": "pcs"}


def line(
    number: int, name: Mapping[str, str], packed: int, wanted: int, *, current: bool = False
) -> View:
    """A line of the order in hand."""
    return {
        "line": number,
        "sku": f"SKU-100{number:02d}",
        "name": name,
        "unit": PIECE,
        "wanted": str(wanted),
        "packed": str(packed),
        "short": "0",
        "current": current,
        "location": f"A-07-{number}",
    }


def base(station: str = "pack-1") -> View:
    """Nobody is signed in and nothing has happened."""
    return {
        "boot": "b001",
        "version": 1,
        "code": "0.1.0",
        "at": "2026-11-25T06:32:07.000000Z",
        "station": station,
        "state": "signed_out",
        "user": None,
        "language": "zh-CN",
        "order": None,
        "lines": [],
        "carton": None,
        "verdict": None,
        "scans": 0,
        "latency": {"p50_us": None, "p99_us": None, "count": 0},
        "disk": "ok",
        "history": [],
    }


def both(key: str, params: Mapping[str, str] | None = None) -> dict[str, str]:
    """A text of the catalogue in both languages."""
    return {"zh": text(key, "zh-CN", params), "en": text(key, "en", params)}


def verdict(
    token: str,
    *,
    item: Mapping[str, str] | None = None,
    code: str = "9521234000242",
    sku: str | None = None,
    variant: str = "",
    count: tuple[int, int] | None = (3, 5),
    seq: int = 48213,
    **params: str,
) -> View:
    """A judgement as the view carries it."""
    tail = f".{variant}" if variant else ""
    return {
        "token": token,
        "dress": dress_of(token),
        "word": both(f"verdict.{token}"),
        "item": item,
        "code": code,
        "sku": sku,
        "why": both(f"why.{token}{tail}", params),
        "next": both(f"next.{token}{tail}", params),
        "count": None if count is None else {"packed": str(count[0]), "wanted": str(count[1])},
        "recorded": {"seq": seq, "hash": HASH},
        "elapsed_us": 12_000,
        "at": "2026-11-25T06:32:07.000000Z",
    }


def packing(token_view: View | None = None, **changes: object) -> View:
    """Chen Jing packs an order of five units; three of them are in."""
    view = base() | {
        "state": "packing",
        "user": {"id": "e-0217", "name": "陈静"},
        "order": {
            "number": "SO-2026-001045",
            "fulfilment": "SO-2026-001045-1",
            "customer": "李明",
            "packed": "3",
            "wanted": "5",
            "status": "packing",
        },
        "lines": [
            line(1, FLASK, 2, 2),
            line(2, NOTEBOOK, 1, 2, current=True),
            line(3, MASKS, 0, 1),
        ],
        "carton": {"number": 1, "sscc": "395212340000010457", "units": "3"},
        "scans": 211,
        "latency": {"p50_us": 9_000, "p99_us": 21_000, "count": 211},
        "verdict": token_view,
        "history": [
            {
                "at": "2026-11-25T06:32:07.000000Z",
                "token": "accepted",
                "word": both("verdict.accepted"),
                "code": "9521234000242",
                "seq": 48213,
            }
        ]
        * 9,
    }
    return view | changes


def _ok() -> View:
    said = verdict("accepted", item=NOTEBOOK, sku="SKU-10002", left="1", unit="本")
    said["why"] = {"zh": "本行还差 1 本", "en": "1 pcs to go on this line"}
    said["next"] = {"zh": "再拿 1 本同款", "en": "Take 1 pcs more of the same"}
    return packing(said)


def _complete() -> View:
    said = verdict(
        "order_complete", item=MASKS, code="01095212340003101728093010LB2609", count=(5, 5)
    )
    lines = [line(1, FLASK, 2, 2), line(2, NOTEBOOK, 2, 2), line(3, MASKS, 1, 1)]
    view = packing(said, state="complete", lines=lines)
    order = view["order"]
    assert isinstance(order, dict)
    return view | {"order": order | {"packed": "5"}}


def _idle() -> View:
    return packing(None, state="idle", order=None, lines=[], carton=None)


SCENES: dict[str, Callable[[], View]] = {
    "signed_out": base,
    "idle": _idle,
    "signed_in": lambda: packing(verdict("signed_in", code="TD-BADGE-0217-X", user="e-0217")),
    "ok": _ok,
    "line": lambda: packing(
        verdict(
            "line_complete",
            item=FLASK,
            next_item="方格笔记本 A5 120 页",
            next_location="A-07-2",
        )
    ),
    "complete": _complete,
    "wrong": lambda: packing(
        verdict(
            "mismatch_class",
            item=MOUSE,
            code="9521234000488",
            sku="SKU-10048",
            variant="wanted_elsewhere",
            order="SO-2026-001052",
        )
    ),
    "over": lambda: packing(verdict("mismatch_quantity", item=FLASK, location="A-07-3")),
    "unknown": lambda: packing(verdict("unknown_code", code="9521234009993")),
    "need": lambda: packing(verdict("needs_lot", item=MASKS, sku="SKU-10031"), state="needs"),
    "hold": lambda: packing(verdict("order_on_hold", order="SO-2026-001045"), state="intercepted"),
    "disk": lambda: _ok() | {"disk": "failing"},
    "reason": lambda: packing(
        verdict("choose_reason", left="1", unit="本", item_name="", item=NOTEBOOK), state="reason"
    ),
    "choosing": lambda: packing(
        verdict("ambiguous_code", choice_1="item:09521234000242", choice_2="text:42"),
        state="choosing",
    ),
    "elsewhere": lambda: (
        _idle()
        | {"verdict": verdict("order_already_open", order="SO-2026-001052", station="pack-2")}
    ),
}
"""By name; one for each dress, and for each set of actions."""

DRESSES = ("idle", "ok", "complete", "wrong", "over", "unknown", "need", "hold", "disk")


def tile(number: int, token: str | None, *, user: str = "刘洋", at_us: int) -> View:
    """A station of the wall."""
    word = both(f"verdict.{token}") if token else both("station.idle")
    return {
        "id": f"pack-{number}",
        "user": user if token else None,
        "dress": dress_of(token) if token else "idle",
        "word": word,
        "order": f"SO-2026-00104{number}" if token else None,
        "packed": str(number),
        "wanted": str(number + 2),
        "last_seen_at": rfc3339(at_us - number * 700_000),
        "scans": 64 * number,
        "p50_us": 9_000,
        "p99_us": 21_000,
    }


TOKENS = (
    "accepted", "accepted", "needs_lot", "mismatch_class", "order_complete", "mismatch_quantity",
    None, "order_on_hold",
)  # fmt: skip


def wall(at_us: int, *, stations: int = 8) -> View:
    """A floor with eight stations, four devices and six exceptions."""
    return {
        "boot": "b001",
        "version": 1,
        "at": rfc3339(at_us),
        "site": {"id": "hz1", "name": "苏州一仓 SZ-1"},
        "link": {
            "state": "online",
            "backlog": 0,
            "last_ack_at": rfc3339(at_us - 800_000),
            "dead_letters": 0,
        },
        "stations": [
            tile(number, TOKENS[(number - 1) % len(TOKENS)], at_us=at_us)
            for number in range(1, stations + 1)
        ],
        "devices": [
            device(1, "ready", None, at_us),
            device(2, "ready", None, at_us),
            device(3, "absent", "unplugged", at_us),
            device(4, "degraded", None, at_us),
        ],
        "rates": {
            "scans_per_minute": [30 + (minute * 7) % 23 for minute in range(60)],
            "refused_per_minute": [int(minute % 9 == 0) for minute in range(60)],
        },
        "latency": {"p50_us": 9_000, "p99_us": 21_000, "count": 2000},
        "orders": {"opened": 403, "closed": 374, "held": 13, "cancelled": 8, "open": 8},
        "exceptions": [
            {
                "seq": 48_000 + number,
                "at": rfc3339(at_us - number * 95_000_000),
                "kind": "short",
                "title": both(f"exception.{kind}"),
                "detail": f"SKU-1003{number} · 1 · MISSING",
                "subject": "pack-4",
            }
            for number, kind in enumerate(
                ("short", "unknown_code", "help", "held", "cancelled", "outage"), 1
            )
        ],
    }


def device(number: int, state: str, reason: str | None, at_us: int) -> View:
    """A scanner."""
    return {
        "id": f"scanner-{number}",
        "kind": "barcode",
        "url": f"serial:/dev/serial/by-path/pci-0000:00:14.0-usb-0:{number}:1.0?baud=9600",
        "state": state,
        "reason": reason,
        "since": rfc3339(at_us - 3_600_000_000),
        "last_seen_at": rfc3339(at_us - 2_000_000) if state == "ready" else None,
        "reads": 1200 * number,
        "faults": number,
    }
