"""The working set of rows: asking for what is missing, undoing, handing over what changed."""

from __future__ import annotations

import pytest

from edge.domain import state as module
from edge.domain.rows import KEYS, Badge, Row, Timer
from edge.domain.state import Change, Demand, Key, NotPrefetched, State, key_of

A, B = Badge(badge="1", user="w-1"), Badge(badge="2", user="w-2")
A2 = Badge(badge="1", user="w-9")


def loaded(*rows: Row) -> State:
    """A state in which these rows are what the store holds."""
    state = State()
    for row in rows:
        state.load(key_of(row), row)
    return state


def test_a_row_that_nobody_loaded_is_asked_for() -> None:
    state = State()
    with pytest.raises(NotPrefetched) as missing:
        state.get(Badge, "1")
    assert missing.value.keys == [(Badge, ("1",))]
    state.load((Badge, ("1",)), None)
    assert state.get(Badge, "1") is None


def test_many_rows_are_asked_for_at_once() -> None:
    state = loaded(A)
    with pytest.raises(NotPrefetched) as missing:
        state.many(Badge, [("1",), ("2",), ("3",)])
    assert missing.value.keys == [(Badge, ("2",)), (Badge, ("3",))]
    state.load((Badge, ("2",)), B)
    state.load((Badge, ("3",)), None)
    assert state.many(Badge, [("3",), ("2",), ("1",)]) == [B, A]


def test_a_needed_row_that_does_not_exist_is_our_fault() -> None:
    state = State()
    state.load((Badge, ("1",)), None)
    with pytest.raises(LookupError):
        state.need(Badge, "1")


def test_what_changed_since_the_last_drain_is_handed_over_once() -> None:
    state = loaded(A, B)
    state.put(A2)
    state.remove(Badge, "2")
    assert state.drain() == [Change((Badge, ("1",)), A, A2), Change((Badge, ("2",)), B, None)]
    assert state.drain() == []
    state.put(B)
    assert state.drain() == [Change((Badge, ("2",)), None, B)]


def test_loading_never_overwrites_a_change() -> None:
    state = loaded(A)
    state.put(A2)
    state.load((Badge, ("1",)), A)
    assert state.get(Badge, "1") == A2


def _outcome(state: State) -> tuple[Row | None, Row | None, list[Change]]:
    return state.get(Badge, "1"), state.get(Badge, "2"), state.drain()


@pytest.mark.parametrize("removed_before", [True, False])
def test_rewinding_goes_back_to_the_mark_and_no_further(removed_before: bool) -> None:
    """Also where the mark stands behind a removal: gone is not the same as not known."""
    state = loaded(A, B)
    if removed_before:
        state.remove(Badge, "1")
    mark = state.mark()
    state.put(A2)
    state.remove(Badge, "2")
    state.rewind(mark)
    if removed_before:
        assert _outcome(state) == (None, B, [Change((Badge, ("1",)), A, None)])
    else:
        assert _outcome(state) == (A, B, [])


def test_rewinding_makes_a_new_row_unknown_again() -> None:
    state = State()
    mark = state.mark()
    state.put(A)
    state.rewind(mark)
    assert not state.knows((Badge, ("1",)))
    assert state.drain() == []


def test_a_rollback_undoes_what_was_drained_too() -> None:
    state = loaded(A)
    state.put(A2)
    state.drain()
    state.remove(Badge, "1")
    state.rollback()
    assert state.get(Badge, "1") == A
    assert state.drain() == []


def test_what_is_settled_stays() -> None:
    state = loaded(A)
    state.put(A2)
    state.drain()
    state.commit()
    state.rollback()
    assert state.get(Badge, "1") == A2


def test_a_child_changes_nothing_above_it() -> None:
    state = loaded(A, B)
    child = state.child()
    child.put(A2)
    child.remove(Badge, "2")
    assert (child.get(Badge, "1"), child.get(Badge, "2")) == (A2, None)
    assert (state.get(Badge, "1"), state.get(Badge, "2")) == (A, B)
    with pytest.raises(NotPrefetched):
        child.get(Badge, "3")
    with pytest.raises(NotPrefetched):
        child.many(Badge, [("1",), ("3",)])


def test_answers_hold_until_they_are_forgotten() -> None:
    state = State()
    with pytest.raises(NotPrefetched) as missing:
        state.wanted_by("TEA")
    assert missing.value.questions == [Demand("TEA")]
    state.answer(Demand("TEA"), "SO-1-1")
    assert state.child().wanted_by("TEA") == "SO-1-1"
    state.forget_answers()
    with pytest.raises(NotPrefetched):
        state.wanted_by("TEA")


def test_old_rows_are_dropped_once_too_many_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ROWS_KEPT_MAX", 1)
    state = loaded(A)
    state.commit()
    assert state.knows((Badge, ("1",)))
    state.put(B)
    state.drain()
    state.commit()
    assert not state.knows((Badge, ("1",)))


def test_every_kind_of_row_has_a_key_of_its_own_fields() -> None:
    assert set(KEYS) == set(Row.__subclasses__())
    for kind, fields in KEYS.items():
        assert set(fields) <= set(kind.__struct_fields__)
    key: Key = ("idle_station", "pack-1")
    assert key_of(Timer(kind="idle_station", subject="pack-1", due_at=1)) == (Timer, key)
    assert key_of(A) == (Badge, ("1",))
