"""Praise, coarsely grouped by the aspect it names: enough for a digest's 好评 line."""

from __future__ import annotations

from functools import cache

from feedback_nlp.chinese.kindness import is_plainly_kind
from feedback_nlp.labels import Intent
from feedback_nlp.resources import read_word_list
from feedback_nlp.topics.matter import without_hinge
from feedback_nlp.topics.records import TopicUnit

GENERAL_PRAISE = "笼统好评"


@cache
def read_praise_aspects() -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Read the aspects: name, and the words that show it."""
    lines = (line.split("\t") for line in read_word_list("topics/praise_aspects.tsv"))
    return tuple((name, tuple(shown.split())) for name, shown in lines)


def praised_aspect(text: str) -> str:
    """Return the aspect that a praise unit names first, or :data:`GENERAL_PRAISE`."""
    best, position = GENERAL_PRAISE, len(text)
    for name, shown in read_praise_aspects():
        for word in shown:
            found = text.find(word)
            if 0 <= found < position:
                best, position = name, found
    return best


def praises(unit: TopicUnit, text: str) -> bool:
    """Tell whether a unit praises: as it was read, or in so many words.

    不过离机场近 is taken for a complaint by its 不过; what it says is kind.

    Args:
        unit: As it was read.
        text: Its text, folded.
    """
    if unit.intent in (Intent.BUG, Intent.FEATURE):
        return False
    return unit.intent is Intent.PRAISE or is_plainly_kind(without_hinge(text))
