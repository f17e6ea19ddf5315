"""Each distinct text once, in an order of its own, and where it lies in topic space.

Identical texts have identical vectors: placed once, they cost less, and a burst of
copies cannot shape a cluster. Sorting by digest makes a fit independent of the order in
which the units came in, and lets a sample be the same sample when some rows are missing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from feedback_nlp.chinese import fold_batch
from feedback_nlp.config import TopicsConfig
from feedback_nlp.labels import Intent, TopicKind
from feedback_nlp.topics.metric import TopicMetric
from feedback_nlp.topics.praise import praises as is_praise
from feedback_nlp.topics.records import TopicUnit
from feedback_nlp.topics.seeds import read_seed_issues
from feedback_nlp.topics.trades import fits

ISSUE_INTENTS = frozenset({Intent.BUG, Intent.FEATURE, Intent.COMPLAINT, Intent.QUESTION})

_CLEAR = 2.0
_PLEASED = 0.5


def speaks_of_issue(unit: TopicUnit, config: TopicsConfig) -> bool:
    """Tell whether a unit may be about an issue: by its intent, or as displeased praise."""
    return unit.intent in ISSUE_INTENTS or (
        unit.intent is Intent.PRAISE and unit.sentiment_score <= config.displeased_max_score
    )


@dataclass(frozen=True)
class Placed:
    """The units that may enter a topic, as distinct texts in topic space.

    Attributes:
        rows: (s,) rows of the call that are in scope, ascending.
        is_issue: (s,) bool: whether each one speaks of an issue.
        text_of: (s,) index of each one's text.
        texts: m folded texts: those that somebody means as an issue, then the others, each
            sorted by digest.
        scores: (m, C) of the metric.
        vectors: (m, D) float32, unit length.
        issue_counts: (m,) how many units that speak of an issue say it.
    """

    rows: np.ndarray
    is_issue: np.ndarray
    text_of: np.ndarray
    texts: tuple[str, ...]
    scores: np.ndarray
    vectors: np.ndarray
    issue_counts: np.ndarray


def place(
    units: Sequence[TopicUnit],
    embeddings: np.ndarray,
    metric: TopicMetric,
    config: TopicsConfig,
    *,
    trades: frozenset[str] = frozenset(),
    kept: Collection[int] = frozenset(),
) -> Placed:
    """Fold and deduplicate the texts in scope, and project them.

    Args:
        units: All units of the call.
        embeddings: (n, d) float32.
        metric: Projects them.
        config: From which sentiment on a unit is displeased.
        trades: What the feedback is about, if that is known: mere talk counts only where it
            is a known issue of these.
        kept: Ids of units that are in scope whatever they say: people placed them.
    """
    speaks = np.array([speaks_of_issue(unit, config) for unit in units], bool)
    speaks[_recognised(units, embeddings, metric, config, trades)] = True
    praises = (unit.intent is Intent.PRAISE or unit.unit_id in kept for unit in units)
    rows = np.flatnonzero(speaks | np.fromiter(praises, bool, len(units)))
    folded = fold_batch([units[row].text.strip() for row in rows.tolist()])
    is_issue = speaks[rows] & np.array(
        [
            units[row].intent is Intent.PRAISE or not is_praise(units[row], text)
            for row, text in zip(rows.tolist(), folded, strict=True)
        ],
        bool,
    )
    first_of: dict[str, int] = {}
    for row, text in zip(rows.tolist(), folded, strict=True):
        # Of units that fold to one text, the least raw text gives the embedding.
        if text not in first_of or units[row].text < units[first_of[text]].text:
            first_of[text] = row
    issues = {text for text, asks in zip(folded, is_issue.tolist(), strict=True) if asks}
    texts = tuple(sorted(first_of, key=lambda text: (text not in issues, digest(text))))
    position = {text: index for index, text in enumerate(texts)}
    text_of = np.fromiter((position[text] for text in folded), np.int64, len(folded))
    first = np.fromiter((first_of[text] for text in texts), np.int64, len(texts))
    projection = metric.project(texts, embeddings, first)
    return Placed(
        rows=rows,
        is_issue=is_issue,
        text_of=text_of,
        texts=texts,
        scores=projection.scores,
        vectors=projection.vectors,
        issue_counts=np.bincount(text_of[is_issue], minlength=len(texts)),
    )


def _recognised(
    units: Sequence[TopicUnit],
    embeddings: np.ndarray,
    metric: TopicMetric,
    config: TopicsConfig,
    trades: frozenset[str],
) -> np.ndarray:
    """Return the rows that ask nothing in so many words, and yet say what is a known issue.

    许愿一个夜间模式 and 中午要做饭的菜，下午两点才送来 are read as mere talk by their form. What is
    displeased need only be recognised, anything else clearly.
    """
    issues = {
        seed.code
        for seed in read_seed_issues()
        if seed.kind is TopicKind.ISSUE and (not trades or fits(seed, trades))
    }
    columns = [column for column, code in enumerate(metric.codes) if code in issues]
    rows = np.array(
        [
            row
            for row, unit in enumerate(units)
            if unit.intent is Intent.OTHER and unit.sentiment_score < _PLEASED
        ],
        np.int64,
    )
    if not columns or not len(rows):
        return rows[:0]
    least = np.array(
        [
            1.0 if units[row].sentiment_score <= config.displeased_max_score else _CLEAR
            for row in rows.tolist()
        ]
    )
    texts = fold_batch([units[row].text.strip() for row in rows.tolist()])
    scores = metric.scores(texts, embeddings, rows)[:, columns]
    known: np.ndarray = rows[scores.max(axis=1) >= least * config.anchor_min_score]
    return known


def digest(text: str) -> tuple[bytes, str]:
    """Return a key whose order is random but always the same."""
    raw = text.encode("utf-8", "surrogatepass")
    return hashlib.blake2b(raw, digest_size=8).digest(), text
