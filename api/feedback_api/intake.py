"""Items of a post to raw items or rejections, and back to what became of each.

Each item is checked by itself: one bad item does not hold up the others. Posts that come side
by side are stored together, see :mod:`feedback_nlp.jobs.posts`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from feedback_api.feedback_schemas import FeedbackIn, FeedbackPosted, ItemOutcome
from feedback_api.validation import describe, in_zone
from feedback_nlp.ingest.items import raw_row
from feedback_nlp.jobs.posts import Receipt
from feedback_nlp.labels import ItemStatus
from feedback_nlp.records import RawItem, Rejection

_IDENTITY = "author"
_MAX_FINDINGS = 5
_PLAIN_NAME = re.compile(r"[A-Za-z_\u4e00-\u9fff]{1,40}|\d{1,3}")


def read_item(position: int, item: Any, zone: ZoneInfo) -> RawItem | Rejection:
    """Return the item at a position (from 0), or why it cannot be stored.

    Args:
        position: Where it stands in the post; the line of the batch is one higher.
        item: What was sent, any JSON value.
        zone: Zone of a time without an offset.
    """
    line = position + 1
    if not isinstance(item, dict):
        return Rejection(line, "invalid-item", "应是一个对象", "")
    try:
        sent = FeedbackIn.model_validate(item)
    except ValidationError as error:
        findings = describe(error.errors(include_url=False, include_input=False))
        detail = "；".join(
            f"{_shown(finding.pointer)}：{finding.detail}" for finding in findings[:_MAX_FINDINGS]
        )
        raw = raw_row((name, value) for name, value in item.items() if name != _IDENTITY)
        return Rejection(line, "invalid-item", detail, raw)
    fields = sent.model_dump(exclude={"text", "title", "occurred_at"})
    text, title = sent.text, sent.title.strip()
    return RawItem(
        line=line,
        text=f"{title}\n{text}" if title and title not in text else text,
        title=title,
        occurred_at=in_zone(sent.occurred_at, zone) if sent.occurred_at else None,
        **fields,
    )


def _shown(pointer: str) -> str:
    """Return a field's name as it may be kept: names are sent by others, and may hold anything."""
    parts = pointer.lstrip("/").split("/")
    return "/".join(part if _PLAIN_NAME.fullmatch(part) else "…" for part in parts)


def outcomes(receipt: Receipt, items: Sequence[RawItem | Rejection]) -> FeedbackPosted:
    """Return what became of each item.

    Args:
        receipt: What was stored.
        items: What was sent, in order.
    """
    results = []
    for position, (item, landing) in enumerate(zip(items, receipt.landings, strict=True)):
        rejection = landing.rejection
        results.append(
            ItemOutcome(
                index=position,
                source_key=item.source_key if isinstance(item, RawItem) else None,
                status=landing.status,
                id=landing.feedback_id,
                reason=rejection.reason if rejection else None,
                detail=rejection.detail if rejection else None,
            )
        )
    counts = Counter(result.status for result in results)
    return FeedbackPosted(
        batch_id=receipt.batch_id,
        read_count=len(results),
        accepted_count=counts[ItemStatus.ACCEPTED],
        duplicate_count=counts[ItemStatus.DUPLICATE],
        rejected_count=counts[ItemStatus.REJECTED],
        items=results,
    )
