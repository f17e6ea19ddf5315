"""What is clustered: a unit's text, or the whole feedback where feedback is long.

An app review makes its point in a clause, and each clause has a topic of its own. A
letter to the mayor makes one point in twenty sentences, most of them courtesy; there the
feedback has the topic, all its units share it, and the names of places and people carry
it. Which of the two the data are is told by the length of the feedback at hand, and by
how much of it asks: a long review that praises six things and regrets one is no letter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix

from feedback_nlp.topics.clustering import centroids_of
from feedback_nlp.topics.directions import unit_rows
from feedback_nlp.topics.records import TopicUnit
from feedback_nlp.topics.scope import Placed, digest

LONG_CHARACTERS = 100
_LONG_UNITS = 3.0
_ASKING_SHARE = 0.6


@dataclass(frozen=True)
class Documents:
    """The m texts to be clustered.

    Attributes:
        texts: Sorted by digest.
        vectors: (m, D) float32, unit length.
        scores: (m, C) of the metric that decides the anchors.
        counts: (m,) how many units a document stands for.
        of_row: (s,) document of each row in scope, −1 for none.
        is_long: Whether a document is a whole feedback.
    """

    texts: tuple[str, ...]
    vectors: np.ndarray
    scores: np.ndarray
    counts: np.ndarray
    of_row: np.ndarray
    is_long: bool


def gather_documents(units: Sequence[TopicUnit], placed: Placed, scores: np.ndarray) -> Documents:
    """Choose what is clustered.

    Args:
        units: All units of the call.
        placed: Those in scope.
        scores: (texts, C) scores of the distinct texts.
    """
    is_issue = placed.is_issue
    owner = np.array([units[row].feedback_id for row in placed.rows.tolist()], np.int64)
    if _is_long(units, placed, is_issue, owner):
        return _feedbacks(units, placed, scores, is_issue, owner)
    # Texts that speak of an issue come first: these are views, not copies.
    count = int(np.count_nonzero(placed.issue_counts))
    return Documents(
        texts=placed.texts[:count],
        vectors=placed.vectors[:count],
        scores=scores[:count],
        counts=placed.issue_counts[:count],
        of_row=np.where(is_issue, placed.text_of, -1),
        is_long=False,
    )


def rows_of(is_chosen: np.ndarray, documents: Documents) -> np.ndarray:
    """Spread a (m,) bool over documents to their rows in scope: (s,) bool."""
    inside = documents.of_row >= 0
    rows = np.zeros(len(documents.of_row), bool)
    rows[inside] = is_chosen[documents.of_row[inside]]
    return rows


def _is_long(
    units: Sequence[TopicUnit], placed: Placed, is_issue: np.ndarray, owner: np.ndarray
) -> bool:
    if not is_issue.any():
        return False
    lengths = np.array([len(units[row].text) for row in placed.rows.tolist()], np.int64)
    owners, of_row = np.unique(owner, return_inverse=True)
    asks = np.bincount(of_row[is_issue], minlength=len(owners)) > 0
    characters = np.bincount(of_row, weights=lengths)[asks]
    unit_counts = np.bincount(of_row)[asks]
    asking = is_issue[asks[of_row]].mean()
    return bool(
        np.median(characters) >= LONG_CHARACTERS
        and unit_counts.mean() >= _LONG_UNITS
        and asking >= _ASKING_SHARE
    )


def _feedbacks(
    units: Sequence[TopicUnit],
    placed: Placed,
    scores: np.ndarray,
    is_issue: np.ndarray,
    owner: np.ndarray,
) -> Documents:
    asking = np.unique(owner[is_issue])
    said: dict[int, list[tuple[int, str]]] = {key: [] for key in asking.tolist()}
    for row, key in zip(placed.rows.tolist(), owner.tolist(), strict=True):
        if key in said:
            said[key].append((units[row].unit_id, units[row].text.strip()))
    joined = {key: "。".join(text for _, text in sorted(parts)) for key, parts in said.items()}
    keys = sorted(joined, key=lambda key: (digest(joined[key]), key))
    position = {key: index for index, key in enumerate(keys)}
    of_row = np.array([position.get(key, -1) for key in owner.tolist()], np.int64)
    rows = np.flatnonzero(of_row >= 0)
    rows = rows[np.lexsort((placed.text_of[rows], of_row[rows]))]
    means = centroids_of(placed.vectors, of_row[rows], placed.text_of[rows])
    shares = csr_matrix(
        (np.ones(len(rows), np.float32), (of_row[rows], np.arange(len(rows)))),
        shape=(len(keys), len(rows)),
    )
    totals = np.asarray(shares @ scores[placed.text_of[rows]], np.float32)
    return Documents(
        texts=tuple(joined[key] for key in keys),
        vectors=unit_rows(means - means.mean(axis=0)),
        scores=totals / np.asarray(shares.sum(axis=1)),
        counts=np.bincount(of_row[rows], minlength=len(keys)),
        of_row=of_row,
        is_long=True,
    )
