"""Each driver carries its graded check-list; what it claims can be looked up."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from devices.registry import BUILT_IN

ROOT = Path(__file__).parents[3]
LISTS = sorted((ROOT / "devices").glob("*/quality.toml"))
GRADES = ("bronze", "silver", "gold")

# What a driver must answer, by "done" or by "exempt"; the guide is docs/add-a-device.md.
RULES = {
    "bronze": {
        "contract_suite", "sans_io_protocol", "url_errors_name_the_remedy", "exclusive_open",
        "bounded_memory",
    },
    "silver": {
        "reconnects_for_ever", "cut_frame_counted", "no_glue_no_split", "flood_without_loss",
        "raw_trace", "setup_diagnosis", "honest_simulator",
    },
    "gold": {
        "captures_replay", "signal_to_the_device", "proven_retransmission",
        "loss_inside_a_frame_detected", "liveness_probe", "real_kernel",
    },
}  # fmt: skip


def _driver_packages() -> set[Path]:
    return {path.parent for path in (ROOT / "devices").glob("*/driver.py")}


def test_every_driver_has_a_check_list() -> None:
    assert {path.parent for path in LISTS} == _driver_packages()


@pytest.mark.parametrize("path", LISTS, ids=lambda path: path.parent.name)
def test_a_check_list_answers_every_rule(path: Path) -> None:
    quality = tomllib.loads(path.read_text(encoding="utf-8"))
    assert set(quality) == {"driver", *GRADES}
    assert set(quality["driver"]) == {"name", "schemes", "grade"}
    for grade in GRADES:
        assert set(quality[grade]) == RULES[grade]


@pytest.mark.parametrize("path", LISTS, ids=lambda path: path.parent.name)
def test_what_is_done_has_a_proof_and_what_is_not_a_reason(path: Path) -> None:
    quality = tomllib.loads(path.read_text(encoding="utf-8"))
    for grade in GRADES:
        for name, rule in quality[grade].items():
            if rule["status"] == "done":
                assert set(rule) == {"status", "proof"}, name
                assert (ROOT / rule["proof"]).is_file(), f"{name}: {rule['proof']} is missing"
            else:
                assert set(rule) == {"status", "reason"}, name
                assert rule["status"] == "exempt", name
                assert len(rule["reason"].split()) >= 5, f"{name}: say why in a sentence"


@pytest.mark.parametrize("path", LISTS, ids=lambda path: path.parent.name)
def test_the_grade_is_earned(path: Path) -> None:
    """Below gold nothing may be exempt; gold itself may have exemptions, each with its reason."""
    quality = tomllib.loads(path.read_text(encoding="utf-8"))
    owed = GRADES[: GRADES.index(quality["driver"]["grade"]) + 1]
    for grade in owed:
        if grade != "gold":
            assert {rule["status"] for rule in quality[grade].values()} == {"done"}


def test_every_scheme_belongs_to_one_check_list() -> None:
    schemes = [
        scheme
        for path in LISTS
        for scheme in tomllib.loads(path.read_text(encoding="utf-8"))["driver"]["schemes"]
    ]
    assert sorted(schemes) == sorted(driver.scheme for driver in BUILT_IN)
