"""Which proposed names are fit for a list that people act on.

A model can be wrong, and what it reads was written by strangers. So a name must look
like a name and must speak of what is in the topic; everything else is refused.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import cache

from feedback_nlp.chinese import fold
from feedback_nlp.resources import read_word_list

MIN_LENGTH, MAX_LENGTH = 2, 12
"""Of a name, with a Latin word such as ``App`` counted as one."""

_MAX_CHARACTERS = 30
_HAN = r"\u3400-\u4dbf\u4e00-\u9fff"
# Chinese and Latin words; marks and single blanks only between them.
_SHAPE = re.compile(rf"[{_HAN}A-Za-z0-9]+(?:[ ./+&、-][{_HAN}A-Za-z0-9]+)*")
_LATIN_WORD = re.compile(r"[A-Za-z0-9.+]+")
_HAN_CHARACTER = re.compile(rf"[{_HAN}]")
_NUMBER = re.compile(r"\d{5}")
_MIN_GROUNDED_SHARE = 0.5


def acceptable(
    proposal: str, *, own_name: str, keywords: Sequence[str], quotes: Sequence[str]
) -> bool:
    """Tell whether a proposed name may stand.

    Args:
        proposal: As the model wrote it.
        own_name: The engine's name.
        keywords: Of the topic.
        quotes: Of the topic. What a single quote alone says supports no name, so that one
            writer cannot choose it.
    """
    return (
        _has_shape(proposal)
        and not _is_generic(proposal)
        and _grounded_share(proposal, (own_name, *keywords), quotes) >= _MIN_GROUNDED_SHARE
    )


def same_name(name: str) -> str:
    """Return what two names share that a reader would take for the same."""
    return fold(name).replace(" ", "")


def _has_shape(name: str) -> bool:
    length = len(_LATIN_WORD.sub("x", name).replace(" ", ""))
    return (
        len(name) <= _MAX_CHARACTERS
        and MIN_LENGTH <= length <= MAX_LENGTH
        and len(_HAN_CHARACTER.findall(name)) >= MIN_LENGTH
        and _SHAPE.fullmatch(name) is not None
        and _NUMBER.search(name) is None
    )


def _is_generic(name: str) -> bool:
    return not re.sub(r"\W", "", _generic_pattern().sub("", fold(name)))


@cache
def _generic_pattern() -> re.Pattern[str]:
    words = {
        word for line in read_word_list("naming/generic_words.txt") for word in fold(line).split()
    }
    return re.compile("|".join(sorted(map(re.escape, words), key=len, reverse=True)))


def _grounded_share(name: str, ours: Sequence[str], quotes: Sequence[str]) -> float:
    """Return the share (0–1) of Chinese characters that we, or two quotes, say as well."""
    heard = Counter(character for quote in set(quotes) for character in set(fold(quote)))
    known = set(fold("".join(ours))) | {char for char, count in heard.items() if count > 1}
    characters = _HAN_CHARACTER.findall(fold(name))
    return sum(character in known for character in characters) / max(len(characters), 1)
