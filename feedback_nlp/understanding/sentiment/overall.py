"""The sentiment of a whole feedback, from its units and, where there is one, a review head."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from feedback_nlp.labels import Sentiment

_NEG, _NEU, _POS, _MIXED = range(4)
_HEAD_SHARE = 0.8  # of the review head in the pooled vote
_FLOOR = 1e-3  # no vote is a veto
MEMBERS = (Sentiment.NEG, Sentiment.NEU, Sentiment.POS, Sentiment.MIXED)


def overall_sentiment(
    units: npt.NDArray[np.float32],
    lengths: npt.NDArray[np.int64],
    counts: npt.NDArray[np.int64],
    *,
    mixed_min_share: float,
    reviews: npt.NDArray[np.float32] | None = None,
    wishes: npt.NDArray[np.bool_] | None = None,
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """Aggregate units to reviews.

    Without a review head, a review is mixed where positive and negative units each carry
    at least ``mixed_min_share`` of its characters; else the strongest mean probability
    decides. With one, the units' vote q and the head's p are pooled as p^0.8·q^0.2, where
    q(mixed) = max P(neg) · max P(pos) over the units and the rest is shared out by the
    length-weighted means: the head knows what a guide calls mixed, the units see each
    point; together they were better than either on reviews of other domains.

    Args:
        units: Probabilities of neg, neu, pos, shape (n, 3).
        lengths: Characters of each unit, shape (n,).
        counts: Units of each review, shape (m,), zero allowed.
        mixed_min_share: 0–0.5.
        reviews: Probabilities of neg, neu, pos, mixed, shape (m, 4), or ``None``.
        wishes: Units that ask for something, shape (n,). A review of nothing but polite
            wishes, which are neutral units, is neutral, whatever the head thinks of it.

    Returns:
        Index into ``MEMBERS`` of shape (m,), neutral for a review without units; and the
        length-weighted mean of P(pos) − P(neg), shape (m,), −1 … 1.
    """
    labels = np.full(len(counts), _NEU, dtype=np.int64)
    scores = np.zeros(len(counts), dtype=np.float32)
    filled = np.flatnonzero(counts)
    if not len(filled):
        return labels, scores
    starts = (np.cumsum(counts) - counts)[filled]
    weights = np.maximum(lengths, 1).astype(np.float32)
    total = np.add.reduceat(weights, starts)
    mean = np.add.reduceat(units * weights[:, None], starts, axis=0) / total[:, None]
    scores[filled] = mean[:, _POS] - mean[:, _NEG]
    winner = units.argmax(axis=1)
    share = (
        np.add.reduceat(np.where(winner[:, None] == [_NEG, _POS], weights[:, None], 0), starts, 0)
        / total[:, None]
    )
    labels[filled] = np.where((share >= mixed_min_share).all(axis=1), _MIXED, mean.argmax(axis=1))
    if reviews is not None:
        top = np.maximum.reduceat(units, starts, axis=0)
        mixed = (top[:, _NEG] * top[:, _POS])[:, None]
        votes = np.hstack([mean * (1 - mixed), mixed])
        pooled = _HEAD_SHARE * np.log(reviews[filled] + _FLOOR)
        pooled += (1 - _HEAD_SHARE) * np.log(votes + _FLOOR)
        labels[filled] = pooled.argmax(axis=1)
    if wishes is not None:
        polite = np.logical_and.reduceat(wishes & (winner == _NEU), starts)
        labels[filled[polite]] = _NEU
    return labels, scores
