"""What people's edits teach the metric: every unit they placed is a label."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from feedback_nlp.labels import TopicKind
from feedback_nlp.topics.metric import Evidence, TopicMetric
from feedback_nlp.topics.records import KnownTopic, TopicUnit
from feedback_nlp.topics.scope import Placed

OWN_CODE = "topic:"
"""Prefix of the code of a topic that is none of the metric's issues."""
_DOMINANT = 0.5
_OWN_ROWS = 3


def taught_metric(
    metric: TopicMetric,
    units: Sequence[TopicUnit],
    embeddings: np.ndarray,
    placed: Placed,
    known: Sequence[KnownTopic],
) -> TopicMetric:
    """Return the metric bent by the units that people placed into known topics.

    A placed unit counts for the issue code that most units of its topic are recognised
    as; a topic without such a code becomes a code of its own. Venting and praise teach nothing.
    """
    row_of = {units[row].unit_id: index for index, row in enumerate(placed.rows.tolist())}
    texts, rows, codes = [], [], []
    for topic in known:
        members = [row_of[unit_id] for unit_id in sorted(topic.members) if unit_id in row_of]
        pinned = [row_of[unit_id] for unit_id in sorted(topic.pinned_members) if unit_id in row_of]
        if not pinned or topic.kind is not TopicKind.ISSUE:
            continue  # what vents or praises shares no matter: its words would draw any matter
        code = _code_of(topic, metric, placed, members)
        if code.startswith(OWN_CODE) and len(pinned) < _OWN_ROWS:
            continue
        for index in pinned:
            texts.append(placed.texts[placed.text_of[index]])
            rows.append(int(placed.rows[index]))
            codes.append(code)
    if not texts:
        return metric
    return metric.adapted(Evidence(texts, embeddings[rows], codes))


def seen_anew(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Tell which texts people's edits taught the metric to recognise as another issue.

    Args:
        before: (m,) label by the metric as shipped, −1 for none.
        after: (m,) label by the taught metric.

    Returns:
        (m,) bool. A text that is merely no longer recognised is none of them.
    """
    anew: np.ndarray = (after >= 0) & (after != before)
    return anew


def _code_of(topic: KnownTopic, metric: TopicMetric, placed: Placed, members: list[int]) -> str:
    placed_by_engine = [
        index for index in members if index not in set(topic.pinned_members)
    ] or members
    if placed_by_engine:
        best = placed.scores[placed.text_of[placed_by_engine]].argmax(axis=1)
        counts = np.bincount(best, minlength=len(metric.codes))
        if counts.max() >= _DOMINANT * len(best):
            return metric.codes[int(counts.argmax())]
    return f"{OWN_CODE}{topic.topic_id}"
