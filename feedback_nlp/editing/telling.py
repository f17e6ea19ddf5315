"""The ledger's events as a line of Chinese each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from feedback_nlp.labels import TopicEventKind, label
from feedback_nlp.store.tables import TopicEvent


def describe(event: TopicEvent) -> str:
    """Return one Chinese line for an event of the ledger."""
    kind, detail = TopicEventKind(event.kind), event.detail
    words = label(kind)
    match kind:
        case TopicEventKind.RENAMED:
            return f"{words}：{detail.get('before')} → {detail.get('after')}"
        case TopicEventKind.MERGED:
            return f"{words}：并入主题 {detail.get('into')}（{_size(detail)} 个观点）"
        case TopicEventKind.SPLIT:
            child = f"主题 {detail['child']}" if "child" in detail else "一个新主题"
            return f"{words}：分出{child}（{_size(detail)} 个观点）"
        case TopicEventKind.MOVED:
            return f"{words}：{'移出' if detail.get('is_out') else '移入'} {_size(detail)} 个观点"
        case TopicEventKind.KEPT_APART:
            return f"{words}：与主题 {detail.get('from')}"
        case TopicEventKind.NESTED:
            return f"{words}：{detail.get('after') or '顶层'}"
        case TopicEventKind.BORN | TopicEventKind.GREW | TopicEventKind.REVIVED if _size(detail):
            return f"{words}（{_size(detail)} 个观点）"
        case _:
            return words


def _size(detail: Mapping[str, Any]) -> int:
    units = detail.get("units", 0)
    return len(units) if isinstance(units, list) else int(units)
