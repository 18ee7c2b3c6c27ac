"""Every remedy in the code has its Chinese, and values find their places."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from edge.domain.rows import OrderStatus
from edge.text.remedies import remedy_in, translations

ROOT = Path(__file__).resolve().parents[3]
FOLDERS = ("api", "edge", "sync", "tallydock/wiring")
REMEDY_PLACE = {"InvalidInput": 2, "Conflict": 2, "NotFound": 2, "Fault": 3, "field_problem": 2}
VARIABLES = ("remedy", "hint")


def sentences(node: ast.expr) -> Iterator[str]:
    """The sentences that an expression can be, values as ``{}``."""
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.JoinedStr(values=values):
            yield "".join(str(v.value) if isinstance(v, ast.Constant) else "{}" for v in values)
        case ast.IfExp(body=body, orelse=other):
            yield from sentences(body)
            yield from sentences(other)


def remedies(path: Path) -> Iterator[str]:
    """Remedies that a file names."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if name in VARIABLES:
                yield from sentences(value)
            case ast.Call(func=ast.Name(id=name), args=args) if len(args) > REMEDY_PLACE.get(
                name, len(args)
            ):
                yield from sentences(args[REMEDY_PLACE[name]])


FOUND = sorted(
    {
        sentence
        for folder in FOLDERS
        for path in sorted((ROOT / folder).rglob("*.py"))
        for sentence in remedies(path)
    }
)
NO_SENTENCES = {"fleet"}
"""What stands in a remedy's place for programs alone."""


def test_every_remedy_in_the_code_has_its_chinese() -> None:
    assert len(FOUND) > 80
    missing = [text for text in FOUND if text not in translations() and text not in NO_SENTENCES]
    assert missing == []


def test_every_translation_has_as_many_holes_and_is_chinese() -> None:
    for english, chinese in translations().items():
        assert english.count("{}") == chinese.count("{}"), english
        assert not chinese.isascii(), english


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("fill this cell", "请填写此单元格"),
        ("3 are packed or short: send 3 or more", "已装箱或短缺 3 件：请填写 3 或更多"),
        ("no such column here: did you mean sku?", "此处没有这一列：是不是 sku？"),
        ("no such column here: take it out", "此处没有这一列：请删除"),
        ("the order is released, not held", "订单状态是 released，并未暂停"),
        ("row 2 of the same order says 'a, b'", "同一订单的第 2 行写的是 'a, b'"),
        ("Field required", "此项必填"),
        ("a sentence of tomorrow", "a sentence of tomorrow"),
        ("", ""),
    ],
)
def test_values_find_their_places(english: str, chinese: str) -> None:
    assert remedy_in("zh-CN", english) == chinese
    assert remedy_in("en", english) == english


def test_each_status_of_an_order_is_said_in_words() -> None:
    for status in get_args(OrderStatus):
        assert remedy_in("zh-CN", f"the order is {status}").isascii() is False
        assert status not in remedy_in("zh-CN", f"the order is {status}")
