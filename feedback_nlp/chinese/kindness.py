"""Plain kindness in a unit's words, as a second opinion beside the models' reading."""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from feedback_nlp.chinese.fold import fold
from feedback_nlp.resources import read_tables

_LEXICON = "lexicons/kind_words.toml"


class _Kindness(NamedTuple):
    kind: re.Pattern[str]
    turn: re.Pattern[str]
    sole: re.Pattern[str]


def is_plainly_kind(text: str) -> bool:
    """Tell whether a text is kind in so many words, without negation and without a turn.

    The one good thing about something is told in words of a turn, and is kind all the same:
    唯一的优点就是离机场近.

    >>> is_plainly_kind("半小时就送到，厉害"), is_plainly_kind("一点也不厉害")
    (True, False)
    """
    words = _kindness()
    folded = fold(text)
    rest = words.sole.sub("", folded, count=1)
    if rest != folded and words.turn.search(rest) is None:
        return True
    return words.turn.search(folded) is None and words.kind.search(folded) is not None


@cache
def _kindness() -> _Kindness:
    lists = read_tables(_LEXICON)
    # Look-behinds need one width each; they are asked only where a kind word may begin.
    firsts = "".join(sorted({re.escape(word[0]) for word in (*lists["kind"], *lists["near"])}))
    not_before = "".join(f"(?<!{re.escape(word)})" for word in lists["before"])
    kind = "|".join([_any_of(lists["kind"]), *lists["near"]])
    return _Kindness(
        kind=re.compile(f"(?=[{firsts}]){not_before}(?:{kind})"),
        turn=re.compile(_any_of(lists["turn"])),
        sole=re.compile("|".join(lists["sole"])),
    )


def _any_of(words: list[str]) -> str:
    return "|".join(map(re.escape, sorted(words, key=len, reverse=True)))
