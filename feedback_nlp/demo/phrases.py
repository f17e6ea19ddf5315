"""Hand-written phrases from ``corpora/demo/`` and the voices that speak them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Any

from feedback_nlp.resources import read_tables

_SLOT = re.compile(r"\{(\w+)\}")
_OTHER_SCRIPT_SHARE = 0.06
_BARE_SHARE = 0.6
_OCCASION_LAST_SHARE = 0.65
_SHORT = 9  # so short a thing is said by many people alike
_TRIES = 40
_CLOSING_MARKS = "。！？!?…~～"


@dataclass(frozen=True, slots=True)
class Issue:
    """One thing that users talk about.

    Attributes:
        id: Stable English id.
        intent, sentiment: What most of its phrasings are.
        names: Words of which one is expected in a topic's name.
        lead: Phrasings in Simplified Chinese.
        other: Phrasings in Traditional Chinese and in Cantonese.
        sarcastic: Praise in words, blame in meaning.
    """

    id: str
    intent: str
    sentiment: str
    names: Sequence[str]
    lead: Sequence[str]
    other: Sequence[str]
    sarcastic: Sequence[str] = ()


@cache
def issues() -> Mapping[str, Issue]:
    """Return all issues by id."""
    return {data["id"]: Issue(**data) for data in _read("issues")["issue"]}


@cache
def voices() -> Mapping[str, Any]:
    """Return praise, vents, chat, openers, closers and the other turns of speech."""
    return _read("voices")


class Speaker:
    """Says things, with slots filled at random from one seeded source."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._slots = _read("slots")
        self._said: set[str] = set()

    def fill(self, phrase: str, **given: str) -> str:
        """Fill the slots in braces; ``given`` words come before the lists."""
        return _SLOT.sub(
            lambda slot: given.get(slot[1]) or self._random.choice(self._slots[slot[1]]), phrase
        )

    def point(self, issue: Issue, version: str, *, sarcastic: bool = False) -> str:
        """Say one bare point about an issue."""
        if sarcastic and issue.sarcastic:
            pool = issue.sarcastic
        else:
            pool = issue.other if self._random.random() < _OTHER_SCRIPT_SHARE else issue.lead
        return self.fill(self._random.choice(pool), version=version)

    def complaint(self, point: str, *, wish: bool = False, bare: bool = False) -> str:
        """Tell the occasion now and then; put an opener (unless ``bare``) before, a closer after."""
        told = self._told(point, "hopes" if wish else "circumstances")
        opener: str = "" if bare else self._random.choice(voices()["openers"])
        closer = self._random.choice(voices()["wish_closers" if wish else "closers"])
        return opener + _closed(told, closer)

    def praise(self) -> str:
        """Say something nice."""
        told = self._told(self.of("praise"), "occasions")
        return _closed(told, self._random.choice(voices()["praise_closers"]))

    def aside(self, kind: str) -> str:
        """Say one of ``seasonal``, ``vents`` or ``chat``."""
        point = self.of(kind)
        return self._told(point, {"seasonal": "occasions", "chat": "chat"}.get(kind, "vents"))

    def of(self, kind: str) -> str:
        """Take one bare phrase of a list in ``voices.toml``."""
        return self.fill(self._random.choice(voices()[kind]))

    def mixed(self, point: str) -> str:
        """Say praise first and then the point."""
        joint: str = self._random.choice(voices()["joints"])
        return self.of("praise").rstrip(_CLOSING_MARKS) + joint + point

    def _told(self, point: str, kind: str) -> str:
        """Add an occasion: by chance, and always where someone has said the same words before.

        Strangers do not write a dozen equal characters; only planted copies may.
        """
        is_new = point not in self._said
        self._said.add(point)
        if len(point) < _SHORT or (is_new and self._random.random() < _BARE_SHARE):
            return point
        for _ in range(_TRIES):
            occasion = self.of(kind)
            if occasion != point and (point + occasion) not in self._said:
                break
        self._said.add(point + occasion)
        if self._random.random() < _OCCASION_LAST_SHARE:
            return f"{point.rstrip(_CLOSING_MARKS)}，{occasion}"
        return f"{occasion}，{point}"

    def both(self, point: str, second: str) -> str:
        """Say two points in one text."""
        joint: str = self._random.choice(voices()["second_points"])
        return point.rstrip(_CLOSING_MARKS) + joint + second


def _closed(point: str, closer: str) -> str:
    if point[-1:] in _CLOSING_MARKS and closer[:1] in "。，！…~":
        closer = closer[1:] if closer[:1] == "，" else ""
    return point + closer


@cache
def _read(name: str) -> dict[str, Any]:
    return read_tables(f"demo/{name}.toml")
