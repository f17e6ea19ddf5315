"""What may stand as a name: wishes that are wishes, complaints that complain, no colour."""

from __future__ import annotations

import re
from functools import cache

from feedback_nlp.topics.clauses import bad_words, small_words
from feedback_nlp.topics.words import read_topic_words

WANTED = "希望"
_WISH_REACH = 10
_DENYING = ("不怎么", "没那么", "不那么", "没有", "不是", "不算", "没", "不")
_FAULTS_ALONE = frozenset("偏挤卡")
_SHORTEST_NAME = 3
_TOO = re.compile(r"太(?=[^、]$)")
_BEFORE_ACTS = "会想敢再去来能要"


@cache
def _wish_pattern() -> re.Pattern[str]:
    wishes = [line for line, name in read_topic_words().problems.items() if name == WANTED]
    return re.compile("|".join(map(re.escape, sorted(wishes, key=len, reverse=True))))


def is_wish(text: str, thing: str) -> bool:
    """Tell whether a text wishes for a thing: the wish right before it, and no warning between."""
    at = text.find(thing)
    before = text[max(0, at - _WISH_REACH) : at]
    match = _wish_pattern().search(before) if at >= 0 else None
    around = "" if match is None else before[match.end() :] + text[at : at + _WISH_REACH]
    return match is not None and not any(word in around for word in small_words("no_wish"))


def is_complaint(name: str) -> bool:
    """Tell whether a name denies no fault (价格不贵) and is not what the speaker did not do.

    Nor what they will not do: 不会再入住, 校区太小、没去过.
    """
    return bool(name) and all(map(_complains, name.split("、")))


def _complains(part: str) -> bool:
    for word in _DENYING:
        before, found, after = part.rpartition(word)
        if (
            found
            and (after in bad_words() or after in _FAULTS_ALONE)
            and word + after not in bad_words()
        ):
            return False
        if found and not before and {after, _act(after)} & small_words("own_acts"):
            return False
    return True


def _act(words: str) -> str:
    """Return what is done: 会再去住 → 住, 去过 → 去."""
    bare = words.removesuffix("过").removesuffix("了")
    while len(bare) > 1 and bare[0] in _BEFORE_ACTS:
        bare = bare[1:]
    return bare


def without_colour(name: str) -> str:
    """Take what only colours out of a name: 豆腐脑根本没味 → 豆腐脑没味."""
    for word in small_words("fillers"):
        if len(name) >= len(word) + 3:
            name = name.replace(word, "")
    return name


def meant_by(name: str) -> str:
    """Return what a name comes down to: names of one meaning give one key.

    >>> meant_by("酒店服务差"), meant_by("服务态度差"), meant_by("份量太少")
    ('服务差', '服务差', '分量少')
    """
    for whole in sorted(small_words("wholes"), key=lambda word: (-len(word), word)):
        if name.startswith(whole) and len(name) >= len(whole) + _SHORTEST_NAME:
            name = name.removeprefix(whole)
            break
    same = _same_words()
    plain = re.sub("|".join(map(re.escape, same)), lambda match: same[match[0]], name)
    return _TOO.sub("", plain)


def meanings(name: str) -> frozenset[str]:
    """Return what a name and each of its parts come down to: 不甜、口感差 says 口感差, too."""
    parts = {part for part in name.split("、") if len(part) >= _SHORTEST_NAME}
    return frozenset(map(meant_by, parts | {name}))


@cache
def _same_words() -> dict[str, str]:
    """Return how a word of names is written → how another name writes it, the longest first."""
    pairs = (line.split() for line in small_words("same"))
    found = {word: same for same, *words in pairs for word in words}
    return dict(sorted(found.items(), key=lambda pair: (-len(pair[0]), pair[0])))
