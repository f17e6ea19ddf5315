"""Which topics move the rating: a regression of stars (or NPS) on topics, with intervals.

Least squares of the rating on one 0/1 column a topic, over all rated feedback of the
window, with heteroscedasticity-robust (HC1) standard errors, because stars are bounded
and bunched. An effect of −1.2 reads: with everything else the same, who mentions the
topic gives 1.2 stars less. It is a description, not a proof of cause.

Source: White 1980; MacKinnon and White 1985 for HC1.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from feedback_nlp.one_thread import one_thread

_Z_95 = 1.96


class Effect(NamedTuple):
    """What mentioning a topic goes with.

    Attributes:
        size: Difference in stars (or points).
        low, high: 95 % interval.
        mentions: Rated feedback that mentions it.
    """

    topic_id: int
    size: float
    low: float
    high: float
    mentions: int


def rating_effects(
    ratings: Sequence[float], mentions: Iterable[tuple[int, int]], *, min_count: int
) -> list[Effect]:
    """Return the effects that are surely not zero, the most harmful first.

    Args:
        ratings: Stars, 1–5, or the points of :func:`nps_points`.
        mentions: Which of the ratings mentions which topic: a place and a topic; the same
            pair may come again.
        min_count: Topics with fewer (or all but fewer) rated feedback are left out.
    """
    pairs = np.unique(np.array([*mentions], dtype=np.int64).reshape(-1, 2), axis=0)
    topics, counts = np.unique(pairs[:, 1], return_counts=True)
    is_usable = (counts >= min_count) & (counts <= len(ratings) - min_count)
    usable, counts = topics[is_usable], counts[is_usable]
    if not usable.size or len(ratings) <= 2 * (len(usable) + 1):
        return []
    from scipy.sparse import csr_array  # noqa: PLC0415 - SciPy takes 0.2 s to import

    stars = np.asarray(ratings, dtype=float)
    # A feedback mentions one topic or two of hundreds, so the design is kept sparse. Its
    # column 0 is the rating of who mentions none.
    pairs = pairs[np.isin(pairs[:, 1], usable)]
    rows = np.concatenate([np.arange(len(stars)), pairs[:, 0]])
    columns = np.zeros(len(rows), dtype=np.int64)
    columns[len(stars) :] = np.searchsorted(usable, pairs[:, 1]) + 1
    shape = (len(stars), len(usable) + 1)
    design = csr_array((np.ones(len(rows)), (rows, columns)), shape=shape)
    with one_thread():
        effects, errors = _least_squares(design, stars)
    found = [
        Effect(
            topic_id=topic_id,
            size=round(float(effect), 2),
            low=round(float(effect - _Z_95 * error), 2),
            high=round(float(effect + _Z_95 * error), 2),
            mentions=count,
        )
        for topic_id, count, effect, error in zip(
            usable.tolist(), counts.tolist(), effects[1:], errors[1:], strict=True
        )
        if abs(effect) > _Z_95 * error > 0
    ]
    return sorted(found, key=lambda effect: (effect.size, effect.topic_id))


def nps_points(answer: float) -> int:
    """Return what an answer of 0–10 adds: 100 for a promoter (9–10), −100 for 0–6, else 0.

    The mean over answers is the net promoter score.
    """
    return 100 if answer >= 9 else -100 if answer <= 6 else 0


def nps_answer(meta: Mapping[str, object]) -> float | None:
    """Return the 0–10 answer to a "would you recommend" question among closed answers."""
    for question, answer in meta.items():
        if "推荐" in question or "NPS" in question.upper():
            try:
                value = float(str(answer).strip().removesuffix("分"))
            except ValueError:
                continue
            if 0 <= value <= 10:
                return value
    return None


def _least_squares(design: Any, target: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return coefficients and HC1 standard errors, each of shape (columns,)."""
    rows, columns = design.shape
    inverse = np.linalg.pinv((design.T @ design).toarray())
    coefficients = inverse @ (design.T @ target)
    residuals = target - design @ coefficients
    middle = (design.T @ (design.multiply(residuals[:, None] ** 2))).toarray()
    covariance = inverse @ middle @ inverse * rows / (rows - columns)
    return coefficients, np.sqrt(np.maximum(np.diag(covariance), 0.0))
