"""A fault's word inside another word: 凉菜 is a kind of dish and not cold, 冷淡 no matter of warmth.

Issues are told by short words (凉, 卡, 等, 贵), and Chinese writes no spaces: such a word stands
in the names of things (凉皮, 酸奶, 闪退券), where it blames nothing, and in words of quite another
matter (信用卡, 等级, 贵宾). There it is not said.

Source: docs/decisions/0006-topics.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache

from feedback_nlp.errors import ArtifactError
from feedback_nlp.resources import read_columns

_FILE = "topics/inside_words.tsv"
_NAME, _OTHER = "name", "other"


def is_said(word: str, text: str) -> bool:
    """Tell whether a folded text says a word, and not only a longer one that holds it.

    >>> is_said("凉", "凉菜又柴又老"), is_said("凉", "凉菜送来菜都凉了")
    (False, True)
    """
    if word not in text:
        return False
    longer = _longer_words().get(word)
    return longer is None or word in longer.sub(" ", text)


def without_faults_of_names(text: str) -> str:
    """Take what sounds like a fault out of the names of things in a folded text.

    >>> without_faults_of_names("闪退券领不到，凉菜太咸")
    '券领不到，菜太咸'
    """
    pattern, plain = _names()
    return pattern.sub(lambda match: plain[match[0]], text)


def names_of_things() -> Mapping[str, str]:
    """Return each name of a thing that holds a fault's word → the same without that word."""
    return _names()[1]


@cache
def _longer_words() -> dict[str, re.Pattern[str]]:
    found: dict[str, set[str]] = {}
    for word, _, longer in _lines():
        found.setdefault(word, set()).update(longer)
    return {word: _any_of(longer) for word, longer in found.items()}


@cache
def _names() -> tuple[re.Pattern[str], dict[str, str]]:
    plain = {
        name: name.replace(word, "", 1)
        for word, kind, longer in _lines()
        if kind == _NAME
        for name in longer
    }
    return _any_of(plain), plain


@cache
def _lines() -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    """Read the shipped words.

    Raises:
        ArtifactError: If the file is missing or damaged.
    """
    lines = []
    for word, kind, others in read_columns(_FILE, 3):
        longer = tuple(others.split())
        if kind not in (_NAME, _OTHER) or any(word not in other for other in longer):
            raise ArtifactError(
                f"{_FILE} 有一行不对：{word}",
                hint=f"写成：词、制表符、{_NAME} 或 {_OTHER}、制表符、含有这个词的更长的词",
            )
        lines.append((word, kind, longer))
    return tuple(lines)


def _any_of(words: Iterable[str]) -> re.Pattern[str]:
    """Match any of some words, the longest first."""
    ordered = sorted(words, key=lambda word: (-len(word), word))
    return re.compile("|".join(map(re.escape, ordered)))
