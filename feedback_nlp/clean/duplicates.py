"""Which items are copies of one another, and which copies are a burst.

Long enough texts are grouped whoever wrote them: nobody writes twelve equal characters
in a row by chance as often as people paste. Short ones (闪退, 很好用) are said by many
people independently; they are copies only if the same person repeats them soon.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from feedback_nlp.clean.fingerprint import fingerprint_of, significant
from feedback_nlp.clean.minhash import band_keys, jaccard, shingles
from feedback_nlp.config import CleanConfig

_LEADERS_PER_BUCKET = 8


@dataclass(frozen=True, slots=True)
class DuplicateItem:
    """What is compared.

    Attributes:
        key: Unique number, such as the row id.
        text: Stored text.
        person: Author key, or ``None`` if unknown: then nobody is the same person.
        channel: Where it was said.
        occurred_at: Aware datetime, or ``None``.
    """

    key: int
    text: str
    person: str | None = None
    channel: str | None = None
    occurred_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class DuplicateGroup:
    """Copies of one text.

    Attributes:
        root: Key of the earliest.
        members: Keys of all, the root first, in order of time.
        is_burst: Whether many of them came within the burst window.
    """

    root: int
    members: tuple[int, ...]
    is_burst: bool


def find_duplicates(items: Sequence[DuplicateItem], config: CleanConfig) -> list[DuplicateGroup]:
    """Group exact and near copies; items without a copy are in no group.

    The result does not depend on the order of ``items``. Time grows linearly.

    Args:
        items: Keys must be unique.
        config: Thresholds of similarity, length and bursts.

    Returns:
        Groups of two or more, ordered by the time of their root.
    """
    ordered = sorted(items, key=_by_time)
    exact: dict[str, list[int]] = defaultdict(list)
    significants: dict[str, str] = {}
    for position, item in enumerate(ordered):
        letters = significant(item.text)
        name = fingerprint_of(letters, item.text)
        exact[name].append(position)
        significants[name] = letters
    long = [name for name in exact if len(significants[name]) >= config.near_duplicate_min_chars]
    leaders = _leaders([significants[name] for name in long], config.near_duplicate_jaccard)
    copies: dict[int, list[int]] = defaultdict(list)
    for name, leader in zip(long, leaders, strict=True):
        copies[leader].extend(exact[name])
    groups = [sorted(positions) for positions in copies.values()]
    short = exact.keys() - set(long)
    for name in sorted(short):
        groups.extend(_repeats([(at, ordered[at]) for at in exact[name]], config))
    return [
        DuplicateGroup(
            root=ordered[group[0]].key,
            members=tuple(ordered[position].key for position in group),
            is_burst=_is_burst([ordered[position] for position in group], config),
        )
        for group in sorted(groups)
        if len(group) > 1
    ]


def _by_time(item: DuplicateItem) -> tuple[bool, float, int]:
    moment = item.occurred_at
    return moment is None, moment.timestamp() if moment else 0.0, item.key


def _leaders(texts: Sequence[str], threshold: float) -> list[int]:
    """Return for each distinct text the position of the first one it is a copy of (or its own).

    Every member is compared with its leader, so that chains of small changes do not drift.
    """
    sets: dict[int, frozenset[str]] = {}
    buckets: dict[tuple[int, int], list[int]] = defaultdict(list)
    leaders: list[int] = []
    for position, (text, keys) in enumerate(zip(texts, band_keys(texts).tolist(), strict=True)):
        near = [buckets[band] for band in enumerate(keys)]
        candidates = sorted({leader for bucket in near for leader in bucket})
        found = position
        if candidates:
            mine = shingles(text)
            best = threshold
            for leader in candidates:
                if leader not in sets:
                    sets[leader] = shingles(texts[leader])
                likeness = jaccard(mine, sets[leader])
                if likeness > best or (likeness == best and found == position):
                    found, best = leader, likeness
        if found == position:
            for bucket in near:
                if len(bucket) < _LEADERS_PER_BUCKET:
                    bucket.append(position)
        leaders.append(found)
    return leaders


def _repeats(
    entries: Sequence[tuple[int, DuplicateItem]], config: CleanConfig
) -> Iterable[list[int]]:
    """Yield the positions at which one person repeats a short text within the window."""
    by_person: dict[str, list[tuple[int, DuplicateItem]]] = defaultdict(list)
    for position, item in entries:
        if item.person is not None:
            by_person[item.person].append((position, item))
    for own in by_person.values():
        run: list[int] = []
        last: datetime | None = None
        for position, item in own:
            if run and not _is_soon(last, item.occurred_at, config):
                yield run
                run = []
            run.append(position)
            last = item.occurred_at
        yield run


def _is_soon(last: datetime | None, moment: datetime | None, config: CleanConfig) -> bool:
    if last is None or moment is None:
        return last is moment
    return (moment - last).total_seconds() <= config.burst_window_hours * 3600


def _is_burst(group: Sequence[DuplicateItem], config: CleanConfig) -> bool:
    times = [item.occurred_at.timestamp() for item in group if item.occurred_at]
    span = config.burst_window_hours * 3600
    last = config.burst_min_items - 1
    return any(late - early <= span for early, late in zip(times, times[last:], strict=False))
