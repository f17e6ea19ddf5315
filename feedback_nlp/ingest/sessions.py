"""A customer's lines of one session within minutes are one feedback."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from feedback_nlp.records import RawItem, Rejection

_GAP = timedelta(minutes=30)
_MAX_OPEN = 5_000
_MAX_LINES = 50


@dataclass
class _Open:
    first: RawItem
    texts: list[str]
    last_at: datetime | None
    merged: list[Rejection] = field(default_factory=list)


def joined_lines(
    items: Iterable[RawItem | Rejection],
) -> Iterator[RawItem | Rejection]:
    """Join the lines of a customer and session; a joined line is told as ``merged-line``.

    Every input comes out once, so that the account of the file stays whole. Memory is
    bounded: at most 5,000 sessions are held open.
    """
    held: dict[tuple[str | None, str | None], _Open] = {}
    for item in items:
        if isinstance(item, Rejection):
            yield item
            continue
        name = (item.thread_key, item.author)
        if name == (None, None):
            yield item
            continue
        group = held.get(name)
        if group is not None and _belongs(group, item):
            group.texts.append(item.text)
            group.last_at = item.occurred_at or group.last_at
            detail = f"和第 {group.first.line} 行是同一个人同一次会话，并成了一条反馈"
            group.merged.append(Rejection(item.line, "merged-line", detail))
            continue
        if group is not None:
            yield from _closed(held.pop(name))
        held[name] = _Open(item, [item.text], item.occurred_at)
        if len(held) > _MAX_OPEN:
            yield from _closed(held.pop(next(iter(held))))
    for group in held.values():
        yield from _closed(group)


def _belongs(group: _Open, item: RawItem) -> bool:
    if len(group.texts) >= _MAX_LINES:
        return False
    if item.occurred_at is None or group.last_at is None:
        return True
    return abs(item.occurred_at - group.last_at) <= _GAP


def _closed(group: _Open) -> Iterator[RawItem | Rejection]:
    if len(group.texts) == 1:
        yield group.first
    else:
        yield replace(group.first, text="\n".join(group.texts))
    yield from group.merged
