"""One scan finds every place where a rule's own words begin, and the rules find what they would
find by looking everywhere."""

import re
from collections.abc import Iterable, Sequence
from re import _constants, _parser  # type: ignore[attr-defined]
from typing import Any

import pytest

from feedback_nlp.clean import identifiers, labelled, passports
from feedback_nlp.clean.folding import fold_for_search, folded_signs
from feedback_nlp.clean.spots import FAMILIES, beginnings, find_spots, matches, stretches
from tests.benchmarks.privacy import lookalikes, personal_cases

_PATTERNS = {
    "identifier": (identifiers._stated(), identifiers._bare()),
    "staff": (identifiers._SHORT,),
    "order": (labelled._stated_order(), labelled._bare_order()),
    "wechat": (labelled._wechat(),),
    "qq": (labelled._qq(),),
    "passport": (passports._STATED, passports._WORD),
}
_ANYTHING = ""
_TWO = 2


def _heads(items: Sequence[Any], size: int = _TWO) -> set[str]:
    """Return what a parsed pattern may begin with: up to ``size`` signs, fewer if it ends there."""
    if not items:
        return {_ANYTHING}
    (kind, value), rest = items[0], items[1:]
    found: set[str] = set()
    for begun in _heads_of_one(kind, value, size):
        if len(begun) >= size:
            found.add(begun[:size])
        else:
            found |= {begun + more for more in _heads(rest, size - len(begun))}
    return found


def _heads_of_one(kind: Any, value: Any, size: int) -> set[str]:
    match kind:
        case _constants.LITERAL:
            return {chr(value)}
        case _constants.IN:
            return set(_class(value))
        case _constants.SUBPATTERN:
            return _heads(list(value[3]), size)
        case _constants.BRANCH:
            return set().union(*(_heads(list(branch), size) for branch in value[1]))
        case _constants.MAX_REPEAT | _constants.MIN_REPEAT:
            fewest, _, body = value
            return _heads(list(body), size) | ({_ANYTHING} if fewest == 0 else set())
        case _constants.ASSERT | _constants.ASSERT_NOT:
            return {_ANYTHING}
    raise AssertionError(kind)


def _class(members: Iterable[tuple[Any, Any]]) -> Iterable[str]:
    for kind, value in members:
        if kind is _constants.LITERAL:
            yield chr(value)
        elif kind is _constants.RANGE:
            yield from map(chr, range(value[0], value[1] + 1))


@pytest.mark.parametrize("family", FAMILIES)
def test_every_word_begins_with_what_the_data_say(family: str) -> None:
    known = beginnings(family)
    for pattern in _PATTERNS[family]:
        begun = _heads(list(_parser.parse(pattern.pattern)))
        assert {head for head in begun if head not in known and head[:1] not in known} == set()


@pytest.mark.parametrize("family", FAMILIES)
def test_the_places_lose_nothing_that_a_search_everywhere_finds(family: str) -> None:
    texts = [case.text for case in (*personal_cases(), *lookalikes())]
    found = 0
    for text in texts:
        folded = fold_for_search(folded_signs(text), []).text
        spots = find_spots(folded)
        for pattern in _PATTERNS[family]:
            everywhere = [match.span() for match in pattern.finditer(folded)]
            found += len(everywhere)
            assert [match.span() for match in matches(pattern, folded, spots, family)] == everywhere
    assert found >= 10


def test_stretches_meet_where_their_hints_are_near() -> None:
    text = "........x....x..................x"
    assert list(stretches(re.compile("x"), text, 3, 2)) == [(5, 16), (29, 35)]
