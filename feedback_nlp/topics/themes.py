"""Themes: the level above topics.

A topic recognised as a seed issue belongs to the theme of its area. Any other topic joins
the theme whose topics lie nearest, if they lie near; those left over are grouped among
themselves and named after their largest topic.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np

from feedback_nlp.resources import read_word_list
from feedback_nlp.topics.records import Theme


@cache
def read_areas() -> dict[str, str]:
    """Read the Chinese theme name of each seed area."""
    lines = (line.split("\t") for line in read_word_list("topics/areas.tsv"))
    return {columns[0]: columns[1] for columns in lines}


def group_themes(
    names: Sequence[str], seed_codes: Sequence[str], centroids: np.ndarray, min_similarity: float
) -> tuple[tuple[Theme, ...], list[int]]:
    """Group topics into themes.

    Args:
        names: Topic names, largest topic first.
        seed_codes: Seed issue each was recognised as, or ``""``.
        centroids: (k, d) float32, unit length.
        min_similarity: Cosine that is near.

    Returns:
        The themes, in order of their largest topic, and the theme of each topic.
    """
    areas = read_areas()
    theme_names = [areas.get(code.split(".")[0], "") if code else "" for code in seed_codes]
    anchored = [row for row, name in enumerate(theme_names) if name]
    free = [row for row, name in enumerate(theme_names) if not name]
    leaders: list[int] = []
    for row in free:
        near = [
            other
            for other in anchored
            if float(centroids[row] @ centroids[other]) >= min_similarity
        ]
        if near:
            closest = max(near, key=lambda other: float(centroids[row] @ centroids[other]))
            theme_names[row] = theme_names[closest]
            continue
        leader = next(
            (
                other
                for other in leaders
                if float(centroids[row] @ centroids[other]) >= min_similarity
            ),
            None,
        )
        if leader is None:
            leaders.append(row)
            theme_names[row] = names[row]
        else:
            theme_names[row] = theme_names[leader]
    order = list(dict.fromkeys(theme_names))
    themes = tuple(
        Theme(name, tuple(row for row, own in enumerate(theme_names) if own == name))
        for name in order
    )
    return themes, [order.index(name) for name in theme_names]
