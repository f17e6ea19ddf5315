"""Word lists of the topic stage, read once: venting, problems, objects, stop words."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache

from feedback_nlp.resources import read_word_list

HAN_OR_LATIN = re.compile(r"[㐀-鿿a-zA-Z]")


@dataclass(frozen=True)
class TopicWords:
    """The word lists.

    Attributes:
        vents: Words of displeasure that name no problem.
        stops: Words that never make a name on their own.
        objects: Parts and objects that feedback talks about.
        problems: Each variant of a problem → how an ops person writes it.
    """

    vents: frozenset[str]
    stops: frozenset[str]
    objects: frozenset[str]
    problems: dict[str, str]

    def with_stops(self, words: Iterable[str]) -> TopicWords:
        """Return these lists with more words that never make a name."""
        return replace(self, stops=self.stops | frozenset(words))

    def content(self, tokens: Iterable[str]) -> frozenset[str]:
        """Return the tokens that say something."""
        return frozenset(filter(self.is_content, tokens))

    def is_content(self, token: str) -> bool:
        """Tell whether a token says something: neither filler nor mere displeasure."""
        return (
            len(token) > 1
            and token not in self.stops
            and token not in self.vents
            and HAN_OR_LATIN.search(token) is not None
        )


@cache
def read_topic_words() -> TopicWords:
    """Read the shipped lists from ``corpora/topics``."""
    problems: dict[str, str] = {}
    for line in read_word_list("topics/problem_words.txt"):
        variants = line.split()
        for variant in variants:
            problems.setdefault(variant, variants[0])
    return TopicWords(
        vents=frozenset(read_word_list("topics/vent_words.txt")),
        stops=_words("topics/name_stopwords.txt"),
        objects=_words("topics/object_words.txt"),
        problems=problems,
    )


def _words(relative: str) -> frozenset[str]:
    return frozenset(word for line in read_word_list(relative) for word in line.split())
