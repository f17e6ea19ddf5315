"""Makes of an item the values that are stored: cleaned, redacted, people hashed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from feedback_nlp.clean import Pseudonymizer, prepare
from feedback_nlp.records import RawItem, Rejection

_CACHE_ENTRIES = 50_000


_RAW_CHARS = 2_000


_MAX_CHANNEL = 100


class Preparer:
    """Makes of an item the values that are stored: cleaned, redacted, people hashed.

    Args:
        pseudonymizer: Keyed by the deployment's secret.
        product: Product of items that name none.
        channel: Channel of items that name none: the name of the source.
    """

    def __init__(
        self, pseudonymizer: Pseudonymizer, product: str | None = None, channel: str | None = None
    ) -> None:
        self._pseudonymizer = pseudonymizer
        self._product = product
        self._channel = channel[:_MAX_CHANNEL] if channel else None
        self._cache: dict[str, str] = {}

    def values(self, item: RawItem | Rejection, now: datetime) -> dict[str, Any] | Rejection:
        """Return column values of ``feedback`` and ``line``, or a rejection with redacted row."""
        if isinstance(item, Rejection):
            raw = self._redacted(item.raw)[:_RAW_CHARS]
            return Rejection(item.line, item.reason, item.detail, raw)
        prepared = prepare(item.text, self._pseudonymizer)
        if not prepared.text:
            return Rejection(item.line, "blank-text", "清洗后没有文字内容")
        meta = {self._redacted(name): self._meta(value) for name, value in item.meta.items()}
        if prepared.redactions:
            meta["redactions"] = dict(prepared.redactions)
        if item.occurred_at is None:
            meta["time_missing"] = True
        author = item.author
        return {
            "line": item.line,
            "source_key": item.source_key,
            "thread_key": item.thread_key,
            "author_key": self._pseudonymizer.author_key(author) if author else None,
            "title": self._redacted(item.title)[:500],
            "text": prepared.text,
            "rating": item.rating,
            "product": item.product or self._product,
            "channel": item.channel or self._channel,
            "app_version": item.app_version,
            "device": self._redacted(item.device) if item.device else None,
            "region": item.region,
            "segment": item.segment,
            "meta": meta,
            "occurred_at": item.occurred_at or now,
            "ingested_at": now,
            "signals": [],
            "is_spam": False,
            "is_burst": False,
        }

    def _meta(self, value: Any) -> Any:
        return self._redacted(value) if isinstance(value, str) else value

    def _redacted(self, text: str) -> str:
        """Prepare a short text; closed answers and headers repeat, so results are kept."""
        if not text:
            return text
        found = self._cache.get(text)
        if found is None:
            if len(self._cache) >= _CACHE_ENTRIES:
                self._cache.clear()
            found = self._cache[text] = prepare(text, self._pseudonymizer).text
        return found
