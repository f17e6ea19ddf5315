"""Names an ops person would write: object and problem, from what people actually wrote.

In this order: the name of the seed issue a cluster clearly is; a phrase that many units
share and that already says object and problem (车位捆绑销售); the strongest object joined
to the strongest problem (摄像头 + 连不上); the strongest phrase; the two strongest words.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from feedback_nlp.labels import Intent
from feedback_nlp.topics.words import HAN_OR_LATIN, TopicWords

Tagged = Sequence[tuple[str, str]]

_NOUN_TAGS = ("n", "vn", "eng", "j", "l")
_PREDICATE_TAGS = ("v", "a", "d", "i", "z")
_LENGTHS = range(2, 13)
_MAX_TOKENS = 5
_PHRASE_SHARE = 0.22
_WORD_SHARE = 0.12
_WANTED = "希望"


@dataclass(frozen=True)
class NamedUnit:
    """A unit as the naming sees it.

    Attributes:
        text: Folded text.
        tagged: Its words with parts of speech.
        intent: What it is for.
    """

    text: str
    tagged: Tagged
    intent: Intent


class Namer:
    """Names clusters against the background of all units.

    Args:
        units: All units, or a fair sample.
        words: The word lists.
        products: Product names; never a name on their own.
    """

    def __init__(
        self, units: Sequence[NamedUnit], words: TopicWords, products: Iterable[str] = ()
    ) -> None:
        self._words = words
        self._products = {product.lower() for product in products if product}
        variants = sorted(words.problems, key=len, reverse=True)
        self._problem = re.compile("|".join(map(re.escape, variants)) or r"(?!)")
        self._total = max(len(units), 1)
        self._phrases: Counter[str] = Counter()
        self._objects: Counter[str] = Counter()
        self._problems: Counter[str] = Counter()
        for unit in units:
            self._phrases.update(self._phrases_of(unit))
            self._objects.update(self._objects_of(unit))
            self._problems.update(self._problems_of(unit))

    def keywords(self, units: Sequence[NamedUnit], terms: Sequence[str], count: int) -> list[str]:
        """Return phrases that mark a cluster, no one inside another.

        Args:
            units: Its units.
            terms: Its terms by class-based TF-IDF, strongest first; they break ties.
            count: How many.
        """
        found = Counter(phrase for unit in units for phrase in self._phrases_of(unit))
        rank = {term: position for position, term in enumerate(terms)}
        scored = sorted(
            (
                (self._weight(phrase, hits, len(units)), -rank.get(phrase, 99), phrase)
                for phrase, hits in found.items()
                if hits >= max(2, 0.03 * len(units))
            ),
            reverse=True,
        )
        chosen: list[str] = []
        for _, _, phrase in scored:
            if not any(phrase in other or other in phrase for other in chosen):
                chosen.append(phrase)
            if len(chosen) == count:
                break
        return chosen

    def candidates(self, units: Sequence[NamedUnit]) -> list[str]:
        """Return possible names for a cluster, best first, never empty."""
        size = len(units)
        phrases = Counter(phrase for unit in units for phrase in self._phrases_of(unit))
        best = sorted(
            (phrase for phrase, hits in phrases.items() if hits >= max(2, _WORD_SHARE * size)),
            key=lambda phrase: (-self._weight(phrase, phrases[phrase], size), phrase),
        )
        objects = self._strongest(
            Counter(word for unit in units for word in self._objects_of(unit)),
            self._objects,
            size,
        )
        problems = self._strongest(
            Counter(problem for unit in units for problem in self._problems_of(unit)),
            self._problems,
            size,
        )
        wishes = sum(unit.intent is Intent.FEATURE for unit in units) > 0.5 * size
        names: list[str] = []
        names += [
            phrase
            for phrase in best
            if phrases[phrase] >= _PHRASE_SHARE * size and self._says_both(phrase)
        ][:2]
        names += [self._join(thing, problem, wishes) for thing in objects for problem in problems]
        names += [f"{_WANTED}支持{thing}" for thing in objects if wishes]
        names += [phrase for phrase in best if len(phrase) >= 4]
        names += problems
        names += [f"{thing}问题" for thing in objects]
        names += best
        return [name for name in dict.fromkeys(names) if name] or ["其他问题"]

    def _strongest(self, found: Counter[str], everywhere: Counter[str], size: int) -> list[str]:
        """Return up to three words a cluster has much more of than the rest."""

        def lift(word: str) -> float:
            return (found[word] / size) / (everywhere[word] / self._total)

        marked = [
            word
            for word, hits in found.items()
            if hits >= max(2, _WORD_SHARE * size) and lift(word) > 1.5
        ]
        marked.sort(key=lambda word: (-found[word] * math.log(lift(word)), word))
        return marked[:3]

    def _weight(self, phrase: str, hits: int, size: int) -> float:
        lift = (hits / size) / (max(self._phrases[phrase], hits) / self._total)
        return hits * max(math.log(lift), 0.0) * (1.0 + 0.25 * min(len(phrase), 8))

    def _join(self, thing: str, problem: str, wishes: bool) -> str:
        if problem == _WANTED:
            return f"{_WANTED}支持{thing}" if wishes else thing
        if thing in problem or problem in thing:
            return max(thing, problem, key=len)
        return thing + problem

    def _says_both(self, phrase: str) -> bool:
        """Tell whether a phrase of at least four characters names a problem and more."""
        match = self._problem.search(phrase)
        return match is not None and len(phrase) >= 4 and len(match[0]) < len(phrase)

    def _problems_of(self, unit: NamedUnit) -> set[str]:
        return {self._words.problems[found] for found in self._problem.findall(unit.text)}

    def _objects_of(self, unit: NamedUnit) -> set[str]:
        return {
            word
            for word, tag in unit.tagged
            if (word in self._words.objects or (tag.startswith(_NOUN_TAGS) and len(word) > 1))
            and word not in self._words.stops
            and word not in self._words.vents
            and word not in self._words.problems
            and word not in self._products
            and HAN_OR_LATIN.search(word)
        }

    def _phrases_of(self, unit: NamedUnit) -> set[str]:
        """Return the runs of words that could stand as a phrase of their own."""
        found: set[str] = set()
        tagged = unit.tagged
        for start, (first, tag) in enumerate(tagged):
            if self._is_edge(first, tag):
                continue
            phrase, content = "", False
            for word, word_tag in tagged[start : start + _MAX_TOKENS]:
                if HAN_OR_LATIN.search(word) is None:
                    break
                phrase += word
                content = content or self._words.is_content(word)
                if len(phrase) > _LENGTHS[-1]:
                    break
                if content and not self._is_edge(word, word_tag) and len(phrase) in _LENGTHS:
                    found.add(phrase)
        return found - self._products

    def _is_edge(self, word: str, tag: str) -> bool:
        """Tell whether a phrase must not begin or end with this word."""
        return (
            word in self._words.stops
            or word in self._products
            or tag[:1] in ("u", "p", "c", "y", "e", "o", "r", "m", "q", "x", "f")
            or (len(word) == 1 and tag[:1] not in ("n", "v", "a"))
        )


def unique_name(candidates: Sequence[str], taken: set[str]) -> str:
    """Return the first candidate nobody has, else the best one with a second word or a number.

    Args:
        candidates: At least one, best first.
        taken: Names in use; the chosen one is added.
    """
    free = [name for name in candidates if name not in taken]
    if free:
        name = free[0]
    else:
        number = 2
        while f"{candidates[0]}（{number}）" in taken:
            number += 1
        name = f"{candidates[0]}（{number}）"
    taken.add(name)
    return name
