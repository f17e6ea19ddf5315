"""One flat row to one :class:`RawItem`, by a mapping of fields to columns."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from feedback_nlp.ingest.columns import is_identity
from feedback_nlp.ingest.fields import MAX_CHARS, has_broken_characters, storable
from feedback_nlp.ingest.keys import OccurrenceCounter, content_hash, derive_key
from feedback_nlp.ingest.ratings import parse_rating
from feedback_nlp.ingest.times import parse_time
from feedback_nlp.records import RawItem, Rejection

MAX_TEXT_CHARS = 100_000
BAD_CHARACTERS = "正文里有 NUL 或半个字符（被截断的表情），内容可能不完整"
_MAX_META_CHARS = 2_000
_MAX_META_FIELDS = 100
_REPEATED_CHARS = 8
_MARGIN = " \t\r\n\u3000。！？!?.…~～，,"
_ATTRIBUTES = (
    "thread_key",
    "product",
    "channel",
    "app_version",
    "device",
    "region",
    "segment",
)
_KEY_FIELDS = ("title", "author", "occurred_at", "product", "rating")
_SPACE = " \t\r\n\ufffd\u3000\u200b\u200c\u200d\u2060\ufeff\u00a0"


@dataclass(frozen=True, slots=True)
class Skip:
    """Rows in which ``column`` has one of ``values`` are no feedback."""

    column: str
    values: frozenset[str]
    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class RowMapping:
    """How the rows of one file become items.

    Attributes:
        columns: Columns by field; the first that has a value in a row is taken.
        channel: Channel of rows that name none.
        key_pattern: Its first group is the key inside the ``source_key`` column.
        skips: Rows to set aside.
    """

    columns: Mapping[str, Sequence[str]]
    channel: str | None = None
    key_pattern: re.Pattern[str] | None = None
    skips: Sequence[Skip] = ()


@dataclass
class ItemBuilder:
    """Builds the items of one file, in order: it counts repetitions for derived keys."""

    mapping: RowMapping
    zone: ZoneInfo
    occurrences: OccurrenceCounter = field(default_factory=OccurrenceCounter)
    _extra: dict[tuple[str, ...], list[str]] = field(default_factory=dict)

    def build(self, line: int, row: Mapping[str, Any]) -> RawItem | Rejection:
        """Return the item a row stands for, or why there is none."""
        for skip in self.mapping.skips:
            if plain(row.get(skip.column)).lower() in skip.values:
                return _rejection(line, skip.reason, skip.detail, row)
        columns = self.mapping.columns
        values = {name: self._first(row, columns[name]) for name in columns}
        title = plain(values.get("title"))
        text = plain(values.get("text"))
        if _is_blank(text) and _is_blank(title):
            return _rejection(line, "blank-text", "没有文字内容", row)
        if has_broken_characters(text) or has_broken_characters(title):
            return _rejection(line, "bad-characters", BAD_CHARACTERS, row)
        if title and title not in text:
            text = f"{title}\n{text}" if text else title
        if len(text) > MAX_TEXT_CHARS:
            detail = f"正文有 {len(text):,} 字，最多接受 {MAX_TEXT_CHARS:,} 字"
            return _rejection(line, "text-too-long", detail, row)
        occurred_at = parse_time(values.get("occurred_at"), self.zone)
        rating = parse_rating(values.get("rating"))
        attributes = {
            name: fitted
            for name in _ATTRIBUTES
            if (value := values.get(name)) is not None and (fitted := _fitted(value, name))
        }
        meta = self._meta(row, text)
        if occurred_at is None and (raw := plain(values.get("occurred_at"))):
            meta["time_raw"] = raw[:_MAX_META_CHARS]
        if rating is None and (raw := plain(values.get("rating"))):
            meta["rating_raw"] = raw[:_MAX_META_CHARS]
        return RawItem(
            line=line,
            source_key=self._key(values, text),
            text=text,
            title=_fitted(title, "title"),
            author=plain(values.get("author")) or None,
            rating=rating,
            occurred_at=occurred_at,
            meta=meta,
            **{"channel": self.mapping.channel, **attributes},
        )

    @staticmethod
    def _first(row: Mapping[str, Any], columns: Sequence[str]) -> Any:
        for column in columns:
            value = row.get(column)
            if value is not None and value != "":
                return value
        return None

    def _key(self, values: Mapping[str, Any], text: str) -> str:
        key = plain(values.get("source_key"))
        if key and self.mapping.key_pattern is not None:
            match = self.mapping.key_pattern.search(key)
            key = match[1] if match else key
        if key:
            return fitted_key(key)
        parts = [text, *(plain(values.get(name)) for name in _KEY_FIELDS)]
        return derive_key(parts, self.occurrences.add(content_hash(parts)))

    def _meta(self, row: Mapping[str, Any], text: str) -> dict[str, Any]:
        names = tuple(row)
        if names not in self._extra:
            mapped = {column for group in self.mapping.columns.values() for column in group}
            extra = [name for name in names if name not in mapped and not is_identity(name)]
            if len(self._extra) > 1_000:
                self._extra.clear()
            self._extra[names] = extra[:_MAX_META_FIELDS]
        meta: dict[str, Any] = {}
        for name in self._extra[names]:
            value = row[name]
            if value is None or value == "":
                continue
            if _is_repeated(value, text):
                continue
            meta[storable(name)] = meta_value(value)
        return meta


def _is_blank(text: str) -> bool:
    """Whether there is nothing to read: blanks of any kind."""
    return not text.strip(_SPACE)


def _is_repeated(value: Any, text: str) -> bool:
    """Whether a cell is the body again, beside a column that joins title and body."""
    return isinstance(value, str) and len(value) >= _REPEATED_CHARS and value.strip(_MARGIN) in text


def meta_value(value: Any) -> Any:
    """Return a value as it can be kept in JSON, texts cut to 2,000 characters."""
    match value:
        case str():
            return storable(value[:_MAX_META_CHARS])
        case bool():
            return value
        case int() if abs(value) < 2**53:
            return value
        case float() if math.isfinite(value):
            return value
        case _:
            return storable(plain(value)[:_MAX_META_CHARS])


def plain(value: Any) -> str:
    """Return a cell as stripped text; ``None`` is blank."""
    if isinstance(value, str):
        return value.strip()
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case datetime() | date():
            return value.isoformat()
        case float() if value.is_integer() and abs(value) < 2**53:
            return str(int(value))
        case dict() | list():
            return json.dumps(value, ensure_ascii=False, default=str)
        case _:
            return str(value).strip()


def fitted_key(key: str) -> str:
    """Return a source key short enough to store; a longer one keeps its head and a hash."""
    key = storable(key)
    return key if len(key) <= MAX_CHARS["source_key"] else f"{key[:200]}-{content_hash([key])[:32]}"


def _fitted(value: Any, name: str) -> str:
    return storable(plain(value))[: MAX_CHARS[name]]


def _rejection(line: int, reason: str, detail: str, row: Mapping[str, Any]) -> Rejection:
    return Rejection(line, reason, detail, raw_row(row.items()))


def raw_row(cells: Iterable[tuple[str, Any]]) -> str:
    """Return a row as a person can recognise it, without identities, cut to 2,000 characters."""
    kept = {
        name: plain(value)[:_MAX_META_CHARS]
        for name, value in cells
        if value not in (None, "") and not is_identity(name)
    }
    return json.dumps(kept, ensure_ascii=False)[:_MAX_META_CHARS]
