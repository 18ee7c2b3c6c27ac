"""The tree of errors: whose fault, whether to try again, and the fields that each carries."""

from __future__ import annotations

import pytest

from edge import errors
from edge.errors import (
    Conflict,
    DeviceError,
    InvalidInput,
    NotFound,
    SeveralInvalid,
    StoreDamaged,
    StoreUnavailable,
    TallydockError,
)


def test_every_error_hangs_on_one_root_and_is_exported() -> None:
    kinds = {
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, Exception)
    }
    assert all(issubclass(kind, TallydockError) for kind in kinds)
    assert {kind.__name__ for kind in kinds} == set(errors.__all__)
    assert all(kind.__doc__ for kind in kinds)


def test_only_a_refusing_disk_and_a_device_may_be_tried_again() -> None:
    retried = {name for name in errors.__all__ if getattr(errors, name).retry}
    assert retried == {"StoreUnavailable", "DeviceError"}
    assert StoreUnavailable("full").retry


@pytest.mark.parametrize(
    ("kind", "code"), [(InvalidInput, "invalid"), (Conflict, "conflict"), (NotFound, "not_found")]
)
def test_wrong_input_carries_field_value_remedy_and_code(
    kind: type[InvalidInput], code: str
) -> None:
    error = kind("lines[0].quantity", 3, "send text")
    assert (error.field, error.value, error.remedy, error.code) == (
        "lines[0].quantity", "3", "send text", code,
    )  # fmt: skip
    assert str(error) == "lines[0].quantity: 3: send text"
    assert kind("a", "b", "c", "mine").code == "mine"


def test_several_faults_read_like_their_first() -> None:
    faults = [InvalidInput("a", "1", "x"), NotFound("b", "2", "y")]
    error = SeveralInvalid(faults)
    assert (error.field, error.value, error.remedy, error.code) == ("a", "1", "x", "invalid")
    assert error.faults == tuple(faults)


def test_damage_names_the_place() -> None:
    assert str(StoreDamaged("hz1", 7, "this row is missing")) == "hz1: seq 7: this row is missing"
    assert str(StoreDamaged("hz1", None, "stock x is missing")) == "hz1: stock x is missing"


def test_a_device_error_says_what_a_person_can_do() -> None:
    error = DeviceError("no_such_port", "plug it in")
    assert (error.reason, error.remedy) == ("no_such_port", "plug it in")
