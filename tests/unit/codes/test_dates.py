"""Two-digit years and day 00."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.codes import dates
from tests.unit.codes.making import digits

TODAY = date(2026, 11, 25)


@given(st.integers(0, 99), st.integers(1, 9998))
def test_a_year_lies_within_49_back_and_50_ahead(yy: int, today_year: int) -> None:
    year = dates.century(yy, today_year)
    assert year % 100 == yy
    assert -49 <= year - today_year <= 50


@given(st.dates(date(1977, 1, 1), date(2076, 12, 31)))
def test_every_day_of_the_window_is_read_back(day: date) -> None:
    assert dates.resolve(f"{day:%y%m%d}", TODAY) == day


@given(st.dates(date(1977, 1, 1), date(2076, 11, 30)))
def test_day_zero_is_the_last_of_the_month(day: date) -> None:
    last = dates.resolve(f"{day:%y%m}00", TODAY)
    assert last is not None
    assert (last.year, last.month) == (day.year, day.month)
    assert (last + timedelta(days=1)).day == 1


@pytest.mark.parametrize(
    "text", ["261301", "260001", "260000", "260230", "270229", "260431", "260732", "999999"]
)
def test_what_is_no_date(text: str) -> None:
    assert dates.resolve(text, TODAY) is None


def test_a_leap_day_depends_on_the_century() -> None:
    assert dates.resolve("000229", TODAY) == date(2000, 2, 29)
    assert dates.resolve("000200", date(2060, 1, 1)) == date(2100, 2, 28)
    assert dates.resolve("000229", date(2060, 1, 1)) is None


@given(digits(6), st.dates())
def test_any_six_digits_on_any_day_are_a_date_or_none(text: str, today: date) -> None:
    day = dates.resolve(text, today)
    assert day is None or f"{day:%y%m}" == text[:4]
