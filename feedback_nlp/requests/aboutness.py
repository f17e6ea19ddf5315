"""Whether a unit speaks of its topic, so that it may be quoted under the topic's name.

The clustering puts every unit somewhere: 行李箱都摊不开 lies near what is said of lifts. To
count it there is a small error; to read it under 电梯少 makes a reader doubt the rest. So a
quote says what the topic is called, or what its seed issue is told by, or lies where the
topic's most telling units lie. Where those do not say it either, only its first keywords count.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache

from sqlalchemy import select
from sqlmodel import Session, col

from feedback_nlp.chinese import fold
from feedback_nlp.labels import TopicState
from feedback_nlp.store.tables import Feedback, FeedbackUnit, Topic
from feedback_nlp.topics.clauses import bad_words, small_words
from feedback_nlp.topics.seeds import seed_named
from feedback_nlp.topics.trades import says

_CENTRAL = 0.9
_NEAR = 0.7
_LEADING = 3
_MANY = 0.06
_LEAST_MANY = 2
# All living topics' names and keywords are looked at for each list; they hardly ever change.
_WORDS_KEPT = 10_000
_RUN = re.compile(r"[a-z0-9]{2,}|[㐀-鿿]+")
OFF_TOPIC = 2
"""What :meth:`Matter.distance` says of a unit that speaks of something else."""


@dataclass(frozen=True, slots=True)
class Matter:
    """What the quotes of one topic have to be about.

    Attributes:
        named: Of what its name or its seed issue speaks; ``a+b`` wants both.
        telling: Its keywords that few other topics have.
        leading: Those of them that lead its keywords.
        place: Mean similarity of its most telling units, 0–1; 0 if it has none.
        is_named_by_place: Its most telling units mostly say what it is called.
    """

    named: tuple[str, ...] = ()
    telling: tuple[str, ...] = ()
    leading: tuple[str, ...] = ()
    place: float = 0.0
    is_named_by_place: bool = True

    def distance(self, text: str, similarity: float) -> int:
        """Return how far a unit is from the matter: 0 names it, 1 is of it, 2 is something else.

        Without telling units, as where people put a topic together, nothing can be said
        against a unit.

        Args:
            text: The unit.
            similarity: Of the unit to its topic, 0–1.
        """
        folded = fold(text)
        if says(self.named, folded):
            return 0
        telling = self.telling if self.is_named_by_place else self.leading
        if similarity >= _NEAR * self.place and says(telling, folded):
            return 1
        is_central = self.is_named_by_place and similarity >= _CENTRAL * self.place
        return 1 if is_central else OFF_TOPIC


def matters_of(session: Session, topics: Iterable[Topic]) -> dict[int, Matter]:
    """Return what the quotes of some topics have to be about, by topic.

    Args:
        session: A reading session.
        topics: The topics; what is common to many topics is told from all living ones.
    """
    topics = [topic for topic in topics if topic.id is not None]
    if not topics:
        return {}
    living = select(col(Topic.name), col(Topic.keywords)).where(
        col(Topic.state) == TopicState.ACTIVE.value, col(Topic.is_theme).is_(False)
    )
    spoken: Counter[str] = Counter()
    count = 0
    for name, keywords in session.execute(living):
        spoken.update({*_pieces(name), *map(_folded, keywords)})
        count += 1
    many = max(_LEAST_MANY, _MANY * count)
    shown = _shown(session, topics)
    matters = {}
    for topic in topics:
        seed = seed_named(topic.name)
        named = _telling(_pieces(topic.name), spoken, many)
        if seed is not None and seed.words:
            named = seed.words
        units = shown.get(topic.id or 0, [])
        naming = sum(says(named, fold(text)) for text, _ in units)
        matters[topic.id or 0] = Matter(
            named,
            _telling(map(_folded, topic.keywords), spoken, many),
            _telling(map(_folded, topic.keywords[:_LEADING]), spoken, many),
            place=sum(similarity for _, similarity in units) / max(len(units), 1),
            is_named_by_place=not named or 2 * naming >= len(units),
        )
    return matters


def _telling(words: Iterable[str], spoken: Mapping[str, int], many: float) -> tuple[str, ...]:
    """Return the words that few topics have, and that are no mere verdict."""
    return tuple(
        word
        for word in words
        if spoken[word] <= many and word not in _untelling() and word not in bad_words()
    )


@lru_cache(maxsize=_WORDS_KEPT)
def _folded(keyword: str) -> str:
    return fold(keyword)


@lru_cache(maxsize=_WORDS_KEPT)
def _pieces(name: str) -> tuple[str, ...]:
    """Return the pairs of characters of a name, and its words in letters: 电梯, 梯少 of 电梯少."""
    pieces: list[str] = []
    for run in _RUN.findall(fold(name)):
        if run.isascii():
            pieces.append(run)
        else:
            pieces.extend(run[place : place + 2] for place in range(len(run) - 1))
    return tuple(pieces)


@cache
def _untelling() -> frozenset[str]:
    return small_words("wholes") | small_words("vague") | small_words("fillers")


def _shown(session: Session, topics: Iterable[Topic]) -> dict[int, list[tuple[str, float]]]:
    """Return the units that show each topic best, with their similarity to it."""
    topic_of = {unit_id: topic.id or 0 for topic in topics for unit_id in topic.quote_unit_ids}
    rows = (
        select(
            col(FeedbackUnit.id),
            col(FeedbackUnit.topic_id),
            col(FeedbackUnit.topic_similarity),
            col(Feedback.text),
            col(FeedbackUnit.start),
            col(FeedbackUnit.end),
        )
        .join(Feedback, col(Feedback.id) == col(FeedbackUnit.feedback_id))
        .where(col(FeedbackUnit.id).in_(topic_of))
    )
    shown: dict[int, list[tuple[str, float]]] = {}
    for unit_id, topic_id, similarity, text, start, end in session.execute(rows):
        if topic_id == topic_of[unit_id] and similarity:
            shown.setdefault(topic_id, []).append((text[start:end], similarity))
    return shown
