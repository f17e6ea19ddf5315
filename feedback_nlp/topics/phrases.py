"""What a unit offers for a name: phrases, objects, and problems in an ops person's words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from feedback_nlp.topics.inside import without_faults_of_names
from feedback_nlp.topics.words import HAN_OR_LATIN, TopicWords

_MAX_WORDS = 4
_LENGTHS = range(2, 11)
_NOUN_TAGS = ("n", "vn", "eng", "j", "l")
_INNER_TAGS = frozenset("upcyeormqxf")


@dataclass(frozen=True, slots=True)
class Mentions:
    """What one unit mentions, each once.

    Attributes:
        phrases: Runs of words that could stand as a phrase of their own.
        objects: Parts and things.
        problems: What went wrong or is wanted, in its first variant.
    """

    phrases: frozenset[str]
    objects: frozenset[str]
    problems: frozenset[str]


class _Traits(NamedTuple):
    """What a word may be: heard at all, an end of a phrase, content, an object."""

    is_spoken: bool
    is_edge: bool
    is_content: bool
    is_object: bool


class MentionFinder:
    """Finds what units mention.

    Args:
        words: The word lists.
        products: Product names; they are no objects, and no phrase begins or ends with one.
    """

    def __init__(self, words: TopicWords, products: Iterable[str] = ()) -> None:
        self._words = words
        self._products = frozenset(product.lower() for product in products if product)
        self._known: dict[tuple[str, str], _Traits] = {}

    @property
    def products(self) -> frozenset[str]:
        """Product names, in lower case."""
        return self._products

    @cached_property
    def problem_pattern(self) -> re.Pattern[str]:
        """Matches any variant of any problem, the longest first."""
        variants = sorted(self._words.problems, key=lambda variant: (-len(variant), variant))
        return re.compile("|".join(map(re.escape, variants)) or r"(?!)")

    def find(self, text: str, tagged: Sequence[tuple[str, str]]) -> Mentions:
        """Find the mentions of a unit.

        Args:
            text: Folded text.
            tagged: Its words with parts of speech.
        """
        problems = self.problem_pattern.findall(without_faults_of_names(text))
        traits = [self._traits(word, tag) for word, tag in tagged]
        return Mentions(
            phrases=self._phrases([word for word, _ in tagged], traits),
            objects=frozenset(
                word for (word, _), own in zip(tagged, traits, strict=True) if own.is_object
            ),
            problems=frozenset(self._words.problems[found] for found in problems),
        )

    def _traits(self, word: str, tag: str) -> _Traits:
        """Return what a word may be; words repeat, so each is looked at once."""
        key = (word, tag)
        found = self._known.get(key)
        if found is None:
            spoken = HAN_OR_LATIN.search(word) is not None
            found = _Traits(
                is_spoken=spoken,
                is_edge=spoken and not self._is_inner(word, tag),
                is_content=self._words.is_content(word),
                is_object=spoken and self._is_object(word, tag),
            )
            self._known[key] = found
        return found

    def _is_object(self, word: str, tag: str) -> bool:
        words = self._words
        return (
            (
                word in words.objects
                or (len(word) > 1 and tag.startswith(_NOUN_TAGS) and not word.isascii())
            )
            and word not in words.stops
            and word not in words.vents
            and word not in words.problems
            and word not in self._products
        )

    def _phrases(self, words: Sequence[str], traits: Sequence[_Traits]) -> frozenset[str]:
        found = set()
        for start, first in enumerate(traits):
            if not first.is_edge:
                continue
            phrase, says_something = "", False
            for end in range(start, min(start + _MAX_WORDS, len(words))):
                if not traits[end].is_spoken:
                    break
                phrase += words[end]
                says_something = says_something or traits[end].is_content
                if len(phrase) > _LENGTHS[-1]:
                    break
                if says_something and traits[end].is_edge and len(phrase) >= _LENGTHS[0]:
                    found.add(phrase)
        return frozenset(found - self._products)

    def _is_inner(self, word: str, tag: str) -> bool:
        """Tell whether a phrase must not begin or end with this word."""
        return (
            word in self._words.stops
            or word in self._products
            or tag[:1] in _INNER_TAGS
            or (len(word) == 1 and tag[:1] not in ("n", "v", "a"))
        )
