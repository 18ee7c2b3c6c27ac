"""Which AIs need and which exclude each other (GS1 General Specifications 4.13, 4.14).

Labels in the field break these rules every day, so they are read all the same and marked. A
label of ours that breaks one must not be printed.
"""

from __future__ import annotations

from edge.codes.ai_table import RULES, Rule
from edge.codes.element_strings import Elements


def broken(elements: Elements) -> tuple[str, ...]:
    """Rules broken by what ``parse`` returned, sorted; empty if none.

    ``excluded_pair``: two AIs that must not stand together; ``missing_required``: an AI without
    one that it needs; ``repeated_differs``: one AI with two values.
    """
    values: dict[str, str] = {}
    found: set[str] = set()
    for ai, value in elements:
        if values.setdefault(ai, value) != value:
            found.add("repeated_differs")
    for ai in values:
        rule = RULES[ai]
        if not rule.excluded.isdisjoint(values):
            found.add("excluded_pair")
        if (rule.partner or rule.partners) and not _accompanied(rule, values):
            found.add("missing_required")
    return tuple(sorted(found))


def _accompanied(rule: Rule, values: dict[str, str]) -> bool:
    if not rule.partner.isdisjoint(values):
        return True
    return any(all(not any_of.isdisjoint(values) for any_of in group) for group in rule.partners)
