"""Makes of an item the values that are stored: cleaned, redacted, people hashed."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

from feedback_nlp.clean import Pseudonymizer, prepare, redact_key, redact_value, without_page_marks
from feedback_nlp.records import RawItem, Rejection

_CLOCKS_DIFFER = timedelta(days=1)
_CACHE_ENTRIES = 50_000
_RAW_CHARS = 2_000
_MAX_CHANNEL = 100
_MAX_KEY = 300
_ELEVEN_DIGITS = re.compile("[0-9]{11}")  # fewer are no phone and no identity card
_MAY_NAME_SOMEBODY = re.compile(
    r"[@＠]|(?<!\d)1[3-9]\d{9}(?!\d)|(?<!\d)[1-9]\d{16}[\dXx](?!\d)|[^\x00-\x7f]"
)
_NUMBERS_ONLY = re.compile(r"〔(?:编号|银行卡|订单号)·[0-9a-f]{4,64}〕")


def stored_key(key: str, pseudonymizer: Pseudonymizer) -> str:
    """Return a row's key as it is stored: phones, mails and names masked, ids of records kept."""
    if key.isascii() and "@" not in key and not _ELEVEN_DIGITS.search(key):
        return key
    if not _MAY_NAME_SOMEBODY.search(key):
        return key
    redacted = redact_key(key, pseudonymizer)
    return key if "〔" not in _NUMBERS_ONLY.sub("", redacted) else redacted[:_MAX_KEY]


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
        self._future = 0
        self._latest: datetime | None = None
        self._cache: dict[str, str] = {}
        self._values: dict[tuple[str, str | float], Any] = {}

    @property
    def notes(self) -> tuple[str, ...]:
        """Chinese remarks on what was prepared."""
        if self._latest is None:
            return ()
        told = f"{self._future} 条的时间在将来（最晚 {self._latest:%Y-%m-%d}），照原样存下"
        return (f"{told}；请核对时间列和导出机器的时钟",)

    def values(self, item: RawItem | Rejection, now: datetime) -> dict[str, Any] | Rejection:
        """Return column values of ``feedback`` and ``line``, or a rejection with redacted row."""
        if isinstance(item, Rejection):
            raw = self._redacted(item.raw)[:_RAW_CHARS]
            return Rejection(item.line, item.reason, item.detail, raw)
        prepared = prepare(without_page_marks(item.text), self._pseudonymizer)
        if not prepared.text:
            return Rejection(item.line, "blank-text", "清洗后没有文字内容")
        meta: dict[str, Any] = {}
        for name, value in item.meta.items():
            meta[self._redacted(name)] = self._value(name, value)
        if prepared.redactions:
            meta["redactions"] = dict(prepared.redactions)
        if item.occurred_at is None:
            meta["time_missing"] = True
        elif item.occurred_at > now + _CLOCKS_DIFFER:
            self._future += 1
            self._latest = max(self._latest or item.occurred_at, item.occurred_at)
        author, thread = item.author, item.thread_key
        return {
            "line": item.line,
            "source_key": stored_key(item.source_key, self._pseudonymizer),
            "thread_key": stored_key(thread, self._pseudonymizer) if thread else None,
            "author_key": self._pseudonymizer.author_key(author) if author else None,
            "title": self._redacted(item.title)[:500],
            "text": prepared.text,
            "rating": item.rating,
            "product": (item.product and self._value("product", item.product)) or self._product,
            "channel": (item.channel and self._value("channel", item.channel)) or self._channel,
            "app_version": self._value("app_version", item.app_version)
            if item.app_version
            else None,
            "device": self._value("device", item.device) if item.device else None,
            "region": self._value("region", item.region) if item.region else None,
            "segment": self._value("segment", item.segment) if item.segment else None,
            "meta": meta,
            "occurred_at": item.occurred_at or now,
            "ingested_at": now,
            "signals": [],
            "is_spam": False,
            "is_burst": False,
        }

    def _value(self, name: str, value: Any) -> Any:
        """Redact one value; closed answers and counts repeat, so results are kept."""
        if value is None or isinstance(value, bool):
            return value
        if not isinstance(value, (str, int, float)):
            return redact_value(value, self._pseudonymizer, label=name)
        known = (name, value)
        if known not in self._values:
            if len(self._values) >= _CACHE_ENTRIES:
                self._values.clear()
            self._values[known] = redact_value(value, self._pseudonymizer, label=name)
        return self._values[known]

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
