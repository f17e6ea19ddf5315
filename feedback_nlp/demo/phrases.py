"""Hand-written phrases from ``corpora/demo/`` and the voices that speak them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Any

from feedback_nlp.resources import corpora_dir

_SLOT = re.compile(r"\{(\w+)\}")
_OTHER_SCRIPT_SHARE = 0.06
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
        """Put an opener (unless ``bare``) before and a closer behind a point."""
        opener: str = "" if bare else self._random.choice(voices()["openers"])
        closer = self._random.choice(voices()["wish_closers" if wish else "closers"])
        return opener + _closed(point, closer)

    def praise(self) -> str:
        """Say something nice."""
        phrase = self.of("praise")
        return _closed(phrase, self._random.choice(voices()["praise_closers"]))

    def of(self, kind: str) -> str:
        """Say one of ``praise``, ``seasonal``, ``vents`` or ``chat``, bare."""
        return self.fill(self._random.choice(voices()[kind]))

    def mixed(self, point: str) -> str:
        """Say praise first and then the point."""
        joint: str = self._random.choice(voices()["joints"])
        return self.of("praise").rstrip(_CLOSING_MARKS) + joint + point

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
    path = corpora_dir() / "demo" / f"{name}.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))
