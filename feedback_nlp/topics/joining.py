"""What no topic holds joins one if its nearest neighbours agree on which, in its words.

Nearness to a topic's middle says little: a wide topic has much near it that is none of its
own, a narrow one lets go of what is. What is said much as several people in one topic say it
belongs there. Each of them votes once, nobody for what they said themselves, and what joins
must say a word that marks the topic: likeness alone put 卸载了 among crashes.

Source: docs/decisions/0006-topics.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from feedback_nlp.topics.clauses import small_words
from feedback_nlp.topics.records import UNASSIGNED

_VOTERS = 5
_LOOKED_AT = 15
_AGREEING = 3
_AGREEING_SHARE = 0.6
_NEAR = 0.45
_MARK_SHARE = 0.05
_MARK_TEXTS = 2
_MARK_LIFT = 3.0
_BLOCK_CELLS = 16_000_000


@dataclass(frozen=True)
class Voices:
    """Distinct texts.

    Attributes:
        vectors: (n, d) float32, unit length.
        words: What each says.
        speakers: Who says each.
    """

    vectors: np.ndarray
    words: Sequence[frozenset[str]]
    speakers: Sequence[str]


def topics_by_neighbours(left: Voices, inside: Voices, topic_of: Sequence[int]) -> np.ndarray:
    """Return the topic that each left-over text joins.

    Of the five people nearest to it, three near ones must be in the topic, and no more than
    two in five of the near ones elsewhere.

    Args:
        left: Texts that no topic holds.
        inside: Texts that one holds.
        topic_of: Topic of each of ``inside``.

    Returns:
        (n,) topic of each left-over text, −1 for none.
    """
    found = np.full(len(left.words), UNASSIGNED, np.int64)
    marks = Marks(left.words, inside.words, topic_of)
    count = min(_LOOKED_AT, len(inside.words))
    block = max(1, _BLOCK_CELLS // max(len(inside.words), 1))
    for start in range(0, len(found) if count else 0, block):
        cosines = left.vectors[start : start + block] @ inside.vectors.T
        nearest = np.argpartition(cosines, cosines.shape[1] - count, axis=1)[:, -count:]
        near = np.take_along_axis(cosines, nearest, axis=1)
        order = np.argsort(-near, axis=1, kind="stable")
        for offset, ranks in enumerate(order):
            row = start + offset
            voters = [int(nearest[offset, rank]) for rank in ranks if near[offset, rank] >= _NEAR]
            topic = _agreed(left.speakers[row], voters, inside, topic_of)
            if topic != UNASSIGNED and marks.are_said(left.words[row], topic):
                found[row] = topic
    return found


def _agreed(speaker: str, voters: Sequence[int], inside: Voices, topic_of: Sequence[int]) -> int:
    """Return the topic that enough of the nearest people share, each asked once; −1 for none."""
    voice: dict[str, int] = {}
    for voter in voters:
        if inside.speakers[voter] != speaker:
            voice.setdefault(inside.speakers[voter], topic_of[voter])
        if len(voice) == _VOTERS:
            break
    votes = Counter(voice.values())
    topic, hits = next(iter(votes.most_common(1)), (UNASSIGNED, 0))
    return topic if hits >= max(_AGREEING, _AGREEING_SHARE * len(voice)) else UNASSIGNED


class Marks:
    """The words that topics say much more than the rest does.

    Args:
        left: Words of each text that no topic holds.
        inside: Words of each that one holds.
        topic_of: Topic of each of ``inside``.
    """

    def __init__(
        self,
        left: Sequence[frozenset[str]],
        inside: Sequence[frozenset[str]],
        topic_of: Sequence[int],
    ) -> None:
        self._everywhere = Counter(word for words in (*inside, *left) for word in words)
        self._total = len(inside) + len(left)
        self._sizes = Counter(topic_of)
        self._said: dict[int, Counter[str]] = {topic: Counter() for topic in self._sizes}
        for topic, words in zip(topic_of, inside, strict=True):
            self._said[topic].update(words)

    def are_said(self, words: frozenset[str], topic: int) -> bool:
        """Tell whether one of the words marks the topic."""
        said, size = self._said[topic], self._sizes[topic]
        least = max(_MARK_TEXTS, _MARK_SHARE * size)
        return any(
            word not in small_words("wholes")
            and said[word] >= least
            and said[word] * self._total >= _MARK_LIFT * self._everywhere[word] * size
            for word in words
        )
