"""Finds in one scan where the words for a person's numbers may begin.

A dozen rules look for a word first (订单号, 会员卡号, 微信, QQ, 护照 …) and read the value behind it.
Each of their patterns has hundreds of alternatives, so that asking at every character is most of
the cost of redaction. Here the text is read once for the characters such words begin with, and
each pattern is asked only where one of its own words may begin.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache

from feedback_nlp.clean.labels import words

#: Where words of each family may begin, in order.
Spots = Mapping[str, list[int]]
FAMILIES = ("identifier", "staff", "order", "wechat", "qq", "passport")
_Names = tuple[str, ...]


def find_spots(folded: str) -> Spots:
    """Return for each family of words the places where one may begin; no family without any."""
    first, of_sign, of_pair = _families()
    spots: dict[str, list[int]] = {}
    for match in first.finditer(folded):
        place = match.start()
        for family in of_pair.get(folded[place : place + 2]) or of_sign[match[0]]:
            if family in spots:
                spots[family].append(place)
            else:
                spots[family] = [place]
    return spots


def matches(
    pattern: re.Pattern[str], folded: str, spots: Spots, family: str
) -> Iterator[re.Match[str]]:
    """Yield what ``pattern.finditer(folded)`` yields, if it begins with a word of ``family``."""
    return matches_at(pattern, folded, spots.get(family, ()))


def matches_at(
    pattern: re.Pattern[str], folded: str, places: Iterable[int]
) -> Iterator[re.Match[str]]:
    """Yield the matches that begin at one of ``places``, ascending, and do not overlap."""
    end = 0
    for place in places:
        if place >= end and (match := pattern.match(folded, place)):
            yield match
            end = match.end()


def stretches(
    hint: re.Pattern[str], folded: str, before: int, after: int
) -> Iterator[tuple[int, int]]:
    """Yield ``(start, end)`` of what lies around the matches of ``hint``, merged where they meet."""
    left = right = -1
    for found in hint.finditer(folded):
        if found.start() - before > right:
            if right >= 0:
                yield left, right
            left = max(0, found.start() - before)
        right = found.end() + after
    if right >= 0:
        yield left, right


@cache
def beginnings(family: str) -> frozenset[str]:
    """Return one or two characters for each word of a family: what it begins with."""
    listed = words(family, "first")[0].split()
    if family != "identifier":
        return frozenset(listed)
    keys = ("whose", "papers", "numbers", "bare")  # plain words
    return frozenset([*listed, *(word[:2] for key in keys for word in words(family, key))])


@cache
def _families() -> tuple[re.Pattern[str], Mapping[str, _Names], Mapping[str, _Names]]:
    """Return a pattern of all beginnings, the families of each sign, and of two side by side."""
    of_sign: dict[str, _Names] = {}
    for family in FAMILIES:
        for sign in (begun for begun in beginnings(family) if len(begun) == 1):
            of_sign[sign] = (*of_sign.get(sign, ()), family)
    of_pair: dict[str, _Names] = {}
    for family in FAMILIES:
        for pair in (begun for begun in beginnings(family) if len(begun) == 2):
            names = of_pair.get(pair) or of_sign.setdefault(pair[0], ())
            of_pair[pair] = names if family in names else (*names, family)
    alone = "".join(sorted(sign for sign, names in of_sign.items() if names))
    second = "".join(sorted({pair[1] for pair in of_pair}))
    first = f"[{re.escape(''.join(sorted(of_sign)))}]"
    begun = f"{first}(?:(?=[{re.escape(second)}])|(?<=[{re.escape(alone)}]))"
    return re.compile(begun), of_sign, of_pair
