"""New issues that say a larger one over again: they are one topic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from feedback_nlp.labels import TopicKind
from feedback_nlp.topics.groups import Group
from feedback_nlp.topics.name_checks import meanings, meant_by
from feedback_nlp.topics.seeds import read_seed_issues
from feedback_nlp.topics.trades import says

_SIMILARITY = 0.4


def find_twins(
    groups: Sequence[Group],
    candidates: Sequence[Sequence[str]],
    resembled: Sequence[str],
    centroids: np.ndarray,
) -> dict[int, int]:
    """Return which new issues are another new one over again: of one name, in one place.

    服务差, 服务态度差 and 酒店服务差 are one name, and 口感差 is part of 不甜、口感差. 房间有异味 is
    有异味, a known issue, if it resembles none more.

    Args:
        groups: The largest first.
        candidates: Possible names of each, best first.
        resembled: Code of the known issue that each resembles most, ``""`` for none.
        centroids: (k, d) float32, unit length.
    """
    seeds = {seed.code: seed for seed in read_seed_issues()}
    known = {
        group.seed_code: index
        for index, (group, names) in enumerate(zip(groups, candidates, strict=True))
        if _is_new(group)
        and names
        and group.seed_code in seeds
        and names[0] == seeds[group.seed_code].name
    }
    first: dict[str, int] = {}
    first_part: dict[str, int] = {}
    twin_of: dict[int, int] = {}
    for index, (group, names) in enumerate(zip(groups, candidates, strict=True)):
        if not _is_new(group) or not names:
            continue
        whole, parts = meant_by(names[0]), meanings(names[0])
        same = min(
            (first[part] for part in parts if part in first),
            default=first_part.get(whole, index),
        )
        told, code = index, "" if group.seed_code else resembled[index]
        if code in known and says(seeds[code].words, names[0]):
            told = known[code]
        other = next(
            (
                other
                for other in (same, told)
                if other != index and float(centroids[index] @ centroids[other]) >= _SIMILARITY
            ),
            index,
        )
        if other != index:
            twin_of[index] = other
            continue
        first.setdefault(whole, index)
        for part in parts:
            first_part.setdefault(part, index)
    return {index: twin_of.get(other, other) for index, other in twin_of.items()}


def told_apart(
    groups: Sequence[Group], candidates: Sequence[list[str]], twin_of: Mapping[int, int]
) -> list[list[str]]:
    """Take all names from a new issue that can only be named as a larger one is."""
    taken: set[str] = set()
    told = []
    for index, (group, names) in enumerate(zip(groups, candidates, strict=True)):
        free = next((name for name in names if name not in taken), "")
        is_twin = index in twin_of
        told.append(names if free or is_twin or not _is_new(group) else [])
        if free and not is_twin:
            taken.add(free)
    return told


def _is_new(group: Group) -> bool:
    return group.kind is TopicKind.ISSUE and group.topic_id is None
