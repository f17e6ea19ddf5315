"""What a unit offers for a name: phrases, objects, and problems in an ops person's words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

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


class MentionFinder:
    """Finds what units mention.

    Args:
        words: The word lists.
        products: Product names; they are no objects, and no phrase begins or ends with one.
    """

    def __init__(self, words: TopicWords, products: Iterable[str] = ()) -> None:
        self._words = words
        self._products = frozenset(product.lower() for product in products if product)

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
        problems = self.problem_pattern.findall(text)
        return Mentions(
            phrases=self._phrases(tagged),
            objects=frozenset(word for word, tag in tagged if self._is_object(word, tag)),
            problems=frozenset(self._words.problems[found] for found in problems),
        )

    def _is_object(self, word: str, tag: str) -> bool:
        words = self._words
        return (
            (word in words.objects or (len(word) > 1 and tag.startswith(_NOUN_TAGS)))
            and word not in words.stops
            and word not in words.vents
            and word not in words.problems
            and word not in self._products
            and HAN_OR_LATIN.search(word) is not None
        )

    def _phrases(self, tagged: Sequence[tuple[str, str]]) -> frozenset[str]:
        words = [word for word, _ in tagged]
        spoken = [HAN_OR_LATIN.search(word) is not None for word in words]
        edge = [
            heard and not self._is_inner(word, tag)
            for heard, (word, tag) in zip(spoken, tagged, strict=True)
        ]
        content = [self._words.is_content(word) for word in words]
        found = set()
        for start, begins in enumerate(edge):
            if not begins:
                continue
            phrase, says_something = "", False
            for end in range(start, min(start + _MAX_WORDS, len(words))):
                if not spoken[end]:
                    break
                phrase += words[end]
                says_something = says_something or content[end]
                if len(phrase) > _LENGTHS[-1]:
                    break
                if says_something and edge[end] and len(phrase) in _LENGTHS:
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
