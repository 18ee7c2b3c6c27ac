"""Sizes: above 400 lines a file or 40 a function one thinks again; above 600 and 60 nobody may."""

from __future__ import annotations

from collections.abc import Iterator

from tests.tidy.source import Finding, Source

FILE_LINES_MAX, FILE_LINES_CONSIDER = 600, 400
FUNCTION_LINES_MAX, FUNCTION_LINES_CONSIDER = 60, 40


def too_long(source: Source) -> Iterator[Finding]:
    """Files and functions above the hard limits."""
    for name, line, size, limit in _sizes(source, FILE_LINES_MAX, FUNCTION_LINES_MAX):
        yield Finding(source.path, line, f"{name} has {size} lines, the limit is {limit}")


def long(source: Source) -> Iterator[Finding]:
    """Files and functions above the soft limits; ``what`` is the key of the exception."""
    for name, line, _, _ in _sizes(source, FILE_LINES_CONSIDER, FUNCTION_LINES_CONSIDER):
        key = source.path if name == "the file" else f"{source.path}::{name}"
        yield Finding(source.path, line, key)


def _sizes(source: Source, file_max: int, function_max: int) -> Iterator[tuple[str, int, int, int]]:
    count = source.text.count("\n")
    if count > file_max:
        yield "the file", 1, count, file_max
    for name, node in source.functions():
        size = (node.end_lineno or node.lineno) - node.lineno + 1
        if size > function_max:
            yield name, node.lineno, size, function_max
