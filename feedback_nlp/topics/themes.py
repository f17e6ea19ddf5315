"""Themes: the level above topics.

A topic recognised as a seed issue belongs to the theme of its area. Any other topic joins
the theme whose topics lie nearest, if they lie near; those left over are grouped among
themselves and named after their largest topic. No theme holds most of the topics.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cache

import numpy as np

from feedback_nlp.resources import read_word_list
from feedback_nlp.topics.records import Theme

_NEARER_THAN = 0.9
_MOST = 0.5
# Fewer topics than this are no measure of what is usual.
_FEW = 6


@cache
def read_areas() -> dict[str, str]:
    """Read the Chinese theme name of each seed area."""
    lines = (line.split("\t") for line in read_word_list("topics/areas.tsv"))
    return {columns[0]: columns[1] for columns in lines}


def group_themes(
    names: Sequence[str], seed_codes: Sequence[str], centroids: np.ndarray, min_similarity: float
) -> tuple[tuple[Theme, ...], list[int]]:
    """Group topics into themes.

    Near is what lies nearer than nine of ten pairs of topics, and at least
    ``min_similarity``: letters all lie near one another. A theme that would hold most of the
    topics says nothing (校园生活 in a campus's survey) and is made of smaller ones.

    Args:
        names: Topic names, largest topic first.
        seed_codes: Seed issue each was recognised as, or ``""``.
        centroids: (k, d) float32, unit length.
        min_similarity: Cosine that is near at least.

    Returns:
        The themes, in order of their largest topic, and the theme of each topic.
    """
    areas = read_areas()
    likeness = centroids @ centroids.T
    floor = max(min_similarity, _usual(likeness))
    theme_names = [areas.get(code.split(".")[0], "") if code else "" for code in seed_codes]
    theme_names = _without_wide(theme_names)
    anchored = [row for row, name in enumerate(theme_names) if name]
    free = [row for row, name in enumerate(theme_names) if not name]
    for row in free:
        closest = _nearest(likeness[row], anchored, floor)
        theme_names[row] = "" if closest is None else theme_names[closest]
    theme_names = _without_wide(theme_names)
    _lead(theme_names, names, likeness, floor)
    order = list(dict.fromkeys(theme_names))
    themes = tuple(
        Theme(name, tuple(row for row, own in enumerate(theme_names) if own == name))
        for name in order
    )
    return themes, [order.index(name) for name in theme_names]


def _lead(theme_names: list[str], names: Sequence[str], likeness: np.ndarray, floor: float) -> None:
    """Give each topic that has no theme the name of a larger one near it, or its own."""
    leaders: list[int] = []
    for row, name in enumerate(theme_names):
        if not name:
            leader = _nearest(likeness[row], leaders, floor)
            theme_names[row] = names[row if leader is None else leader]
            if leader is None:
                leaders.append(row)


def _nearest(likeness: np.ndarray, rows: Sequence[int], floor: float) -> int | None:
    """Return the nearest of some topics, if it is near."""
    near = [row for row in rows if float(likeness[row]) >= floor]
    return max(near, key=lambda row: float(likeness[row]), default=None)


def _usual(likeness: np.ndarray) -> float:
    """Return the cosine that nine of ten pairs of topics do not reach; −1 for few topics."""
    pairs = likeness[np.triu_indices(len(likeness), 1)]
    return float(np.quantile(pairs, _NEARER_THAN)) if len(likeness) >= _FEW else -1.0


def _without_wide(theme_names: Sequence[str]) -> list[str]:
    """Take its name from the theme that holds most of the topics, if one does."""
    if len(theme_names) < _FEW:
        return list(theme_names)
    found = Counter(theme_names)
    return ["" if found[name] > _MOST * len(theme_names) else name for name in theme_names]
