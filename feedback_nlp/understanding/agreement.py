"""One truth of a text: its label, its score and its units, decided together.

A review head says what a whole text feels like (r), a unit head what each unit feels like.
Read apart they contradict each other; here they are read as one:

1. A label says something of the units: a negative text has a negative unit, a positive one
   a positive unit, a mixed one both, and a neutral one nothing else. What it costs the units
   to agree is their loss of log probability, and the text's label is the likeliest one
   after that::

       p(label) ∝ r(label) · exp(−β · cost(label))

2. The few units that must yield do: the two likeliest feelings of such a unit change places.

The score is P(pos) − P(neg) of the label's distribution, so its sign is the label's; a
neutral text's is halved and stays within ±0.25.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from feedback_nlp.labels import Sentiment

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]

MEMBERS = (Sentiment.NEG, Sentiment.NEU, Sentiment.POS, Sentiment.MIXED)
_NEG, _NEU, _POS, _MIXED = range(4)
_FLOOR = 1e-4  # no head is a veto
_NEVER = np.float32(1e6)
_LEAST_SCORE = 1e-4  # scores are shown with four decimals; a label is never shown with 0
_NEUTRAL_SHARE = 0.5
_NEUTRAL_MOST = 0.25
_TIE = np.float32(1e-5)


@dataclass(frozen=True, slots=True)
class Agreed:
    """Units and texts that do not contradict each other.

    Attributes:
        labels: Index into ``MEMBERS`` of each text, shape (m,); neutral without units.
        scores: −1 … 1, shape (m,).
        sentiment: Probabilities of neg, neu, pos of each unit, shape (n, 3).
    """

    labels: Ints
    scores: Floats
    sentiment: Floats


def agree(
    units: Floats,
    wishes: npt.NDArray[np.bool_],
    reviews: Floats | None,
    counts: Ints,
    *,
    patience: float,
) -> Agreed:
    """Decide texts and their units together.

    Args:
        units: Probabilities of neg, neu, pos, shape (n, 3), text by text.
        wishes: Which units ask for something, shape (n,). A text of nothing but polite wishes,
            which are neutral, is neutral, whatever the review head thinks of it.
        reviews: Probabilities of neg, neu, pos, mixed of each text, shape (m, 4), or
            ``None`` to let the units decide.
        counts: Units of each text, shape (m,), zero allowed.
        patience: β, ≥ 0; how much a text's label minds what it costs its units.
    """
    feeling = units
    labels = np.full(len(counts), _NEU, dtype=np.int64)
    scores = np.zeros(len(counts), dtype=np.float32)
    filled = np.flatnonzero(counts)
    if len(filled):
        sizes = counts[filled]
        starts = np.cumsum(sizes) - sizes
        told = _votes(feeling, starts, sizes) if reviews is None else reviews[filled]
        costs = _Costs(feeling, starts, sizes)
        logits = np.log(told + _FLOOR) - np.float32(patience) * costs.of_labels()
        logits[sizes == 1, _MIXED] = -_NEVER  # one unit cannot be both
        shares = np.exp(logits - logits.max(axis=1, keepdims=True))
        shares /= shares.sum(axis=1, keepdims=True)
        polite = np.logical_and.reduceat(wishes & (units.argmax(axis=1) == _NEU), starts)
        labels[filled] = np.where(polite, _NEU, shares.argmax(axis=1))
        scores[filled] = _scores(shares, labels[filled])
        feeling = costs.yielded(labels[filled])
    return Agreed(labels, scores, feeling)


class _Costs:
    """What each label costs the units of each text, and which units it would change.

    Args:
        feeling: Probabilities of neg, neu, pos of each unit, shape (n, 3).
        starts: First unit of each text, shape (t,).
        sizes: Units of each text, shape (t,), at least one.
    """

    def __init__(self, feeling: Floats, starts: Ints, sizes: Ints) -> None:
        logs = np.log(feeling + _FLOOR)
        loss = logs.max(axis=1, keepdims=True) - logs
        self._feeling, self._starts, self._sizes = feeling, starts, sizes
        self._neutral = np.add.reduceat(loss[:, _NEU], starts)
        self._negative = _two_least(loss[:, _NEG], starts, sizes)
        self._positive = _two_least(loss[:, _POS], starts, sizes)
        same = self._negative.first == self._positive.first
        first = self._negative.least + self._positive.second_least
        second = self._negative.second_least + self._positive.least
        self._other_positive = same & (first <= second)
        self._other_negative = same & (first > second)
        both = self._negative.least + self._positive.least
        self._mixed = np.where(same, np.minimum(first, second), both)

    def of_labels(self) -> Floats:
        """Return the cost of neg, neu, pos, mixed: shape (t, 4)."""
        return np.column_stack(
            [self._negative.least, self._neutral, self._positive.least, self._mixed]
        )

    def yielded(self, labels: Ints) -> Floats:
        """Return the units' probabilities after they agreed with ``labels``: shape (n, 3)."""
        feeling = self._feeling.copy()
        neutral = np.repeat(labels == _NEU, self._sizes)
        _prefer(feeling, np.flatnonzero(neutral), _NEU)
        mixed = labels == _MIXED
        negative = np.where(
            mixed & self._other_negative, self._negative.second, self._negative.first
        )
        positive = np.where(
            mixed & self._other_positive, self._positive.second, self._positive.first
        )
        _prefer(feeling, negative[(labels == _NEG) | mixed], _NEG)
        _prefer(feeling, positive[(labels == _POS) | mixed], _POS)
        return feeling


@dataclass(frozen=True, slots=True)
class _TwoLeast:
    """The two smallest values of each range, and where they are; the second may not exist."""

    least: Floats
    first: Ints
    second_least: Floats
    second: Ints


def _two_least(values: Floats, starts: Ints, sizes: Ints) -> _TwoLeast:
    owner = np.repeat(np.arange(len(sizes)), sizes)
    order = np.lexsort((values, owner))  # stable: the earlier unit of equals goes first
    first = order[starts]
    second = order[np.minimum(starts + 1, len(values) - 1)]
    alone = sizes == 1
    return _TwoLeast(
        values[first],
        first,
        np.where(alone, _NEVER, values[second]).astype(np.float32),
        np.where(alone, first, second),
    )


def _prefer(feeling: Floats, rows: Ints, wanted: int) -> None:
    """Make ``wanted`` the likeliest of these rows, in place: it changes places with the top."""
    top = feeling[rows].argmax(axis=1)
    yielding = rows[top != wanted]
    top = top[top != wanted]
    high, low = feeling[yielding, top], feeling[yielding, wanted]
    feeling[yielding, wanted] = high + _TIE  # of equals, the wanted one leads
    feeling[yielding, top] = np.maximum(low - _TIE, 0)


def _votes(feeling: Floats, starts: Ints, sizes: Ints) -> Floats:
    """Return what the units alone say of a text: P(mixed) = max P(neg) · max P(pos)."""
    mean = np.add.reduceat(feeling, starts, axis=0) / sizes[:, None].astype(np.float32)
    top = np.maximum.reduceat(feeling, starts, axis=0)
    mixed = (top[:, _NEG] * top[:, _POS])[:, None]
    return np.hstack([mean * (1 - mixed), mixed])


def _scores(shares: Floats, labels: Ints) -> Floats:
    scores = shares[:, _POS] - shares[:, _NEG]
    calm = np.clip(scores * np.float32(_NEUTRAL_SHARE), -_NEUTRAL_MOST, _NEUTRAL_MOST)
    scores = np.where(labels == _NEU, calm, scores)
    scores = np.where(labels == _NEG, np.minimum(scores, -_LEAST_SCORE), scores)
    scores = np.where(labels == _POS, np.maximum(scores, _LEAST_SCORE), scores)
    return scores.astype(np.float32)
