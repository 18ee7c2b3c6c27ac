"""What is exempt from a rule, each with its reason; an entry no longer needed fails a test."""

from __future__ import annotations

# Files above 400 lines, functions above 40 ("path::Class.method"): thought about, and kept whole.
LONG_BUT_CONSIDERED: dict[str, str] = {
    "tests/browser/conftest.py::open_page": "one fixture that opens a page as everybody does",
    "tests/browser/scenes.py::wall": "one picture of the wall, whole, as the page gets it",
    "tests/browser/stock_room.py::fill": "one list of what the fake site holds",
    "tests/unit/domain/test_benches.py": "one bench, example by example",
    "tests/unit/domain/test_packing.py": "one table of packing, example by example",
    "tests/unit/service/test_thread.py": "one thread, from start to failure",
}

# Modules with an `except Exception`: supervisors, which must outlive what they watch over.
SUPERVISORS: dict[str, str] = {
    "tallydock/fuzz/run.py": "whatever a simulated day raises is what its seed found",
    "devices/supervisor.py": "a driver that fails must stop neither the other devices nor itself",
    "edge/service/loop.py": "an input that raises is undone with its batch and quarantined by name",
    "edge/service/thread.py": "a listener or a caller's function that fails must not end the loop",
    "sync/worker.py": "an event that fails starts the exchange over instead of ending it for good",
    "sync/central/projecting.py": "a projection that fails stops its own site, not the inbox",
}

# Escapes from the type checker or the linter, "path: what": at most ten in the whole repository.
ESCAPES: dict[str, str] = {}
ESCAPES_MAX = 10
