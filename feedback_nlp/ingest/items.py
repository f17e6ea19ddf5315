"""One flat row to one :class:`RawItem`, by a mapping of fields to columns."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from feedback_nlp.ingest.fields import MAX_CHARS, has_broken_characters, storable
from feedback_nlp.ingest.keys import OccurrenceCounter, content_hash, is_rounded
from feedback_nlp.ingest.people import is_identity, is_placeholder
from feedback_nlp.ingest.plain import plain
from feedback_nlp.ingest.ratings import is_unrated, parse_rating
from feedback_nlp.ingest.relative_times import is_relative, is_yearless
from feedback_nlp.ingest.times import parse_time
from feedback_nlp.records import RawItem, Rejection

MAX_TEXT_CHARS = 100_000
BAD_CHARACTERS = "正文里有 NUL 或半个字符（被截断的表情），内容可能不完整"
_MAX_META_CHARS = 2_000
_MAX_META_FIELDS = 100
_REPEATED_CHARS = 8
_MARGIN = " \t\r\n\u3000。！？!?.…~～，,"
_ATTRIBUTES = frozenset(
    ["thread_key", "product", "channel", "app_version", "device", "region", "segment"]
)
_KEY_FIELDS = ("title", "author", "occurred_at", "product", "rating")
_TOTAL = re.compile(r".{0,12}?(?:合计|总计|小计|汇总|平均值?|总数)[:：]?")
_TOTAL_CHARS = 8
# Sums in words: 共8条评价，差评2条; 本季度共受理6件，办结4件.
_CLAUSE = r"[^，,。；;、\d]{0,12}\d+(?:\.\d+)?\s*(?:[条件个份单起宗笔例次项户%分星]|人次|万元?|元)[^，,。；;、\d]{0,6}"
_COUNTS = re.compile(rf"{_CLAUSE}(?:[，,。；;、]\s*{_CLAUSE})*[。；;]?")
_COUNTED = re.compile(
    rf"(?:截[至止].{{2,16}}?)?(?:本(?:年度?|季度?|月|周|期|次|表).{{0,4}})?(?:合计|总计|共计|累计|共){_CLAUSE}"
    rf"(?:[，,。；;、]\s*{_CLAUSE})*[。；;]?"
)
# What stands below a table in its first cell: 备注：…, 制表人：…, 导出时间：….
_BELOW = (
    "备注",
    "说明",
    "注：",
    "注:",
    "制表",
    "填表",
    "统计",
    "审核",
    "导出",
    "合计",
    "以上",
    "数据来源",
    "打印",
    "单位",
)
_SIGNED = re.compile("(?:[一-鿿]{2,8}[:：]|(?:备注|说明|注|以上))")
_WIDE = 3
_OUTSIDE = "表格外的说明（备注、制表人、导出时间等），不是反馈"
_NAME = re.compile("[\u4e00-\u9fff]{2,4}")
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
        keeps: Whether a column without a field is stored as an extra value.
        clock: Column with the time of day, where the date is in a column of its own.
        month_first: How the time column means 3/1/2026, if it tells.
        rating_scale: What a rating is divided by: 10 where stars are written 10–50.
        read_at: When the file was made, for relative times; a row's own ``crawled_at`` wins.
        period_end: End of the year or month that the file says it is of, for dates without a year.
        words: Takes the frame (客服: …, 用户反馈…) off a text of a row; ``None`` if nobody of
            interest speaks in it.
        replies: Columns with what the team answered, which is counted and not stored.
        day_above: Whether a row without a date is of the day of the rows above it, as in sheets that
            are filled in by hand.
        time_stands_in: Whether the time is of the order or stay, for want of another; a row is not
            refused for one that cannot be told.
        names: Columns with names of people, which are masked where texts repeat them.
        accounts: Columns with the names under which people write; 匿名用户 there is nobody, whatever
            id stands beside it.
    """

    columns: Mapping[str, Sequence[str]]
    channel: str | None = None
    key_pattern: re.Pattern[str] | None = None
    skips: Sequence[Skip] = ()
    keeps: Callable[[str], bool] = lambda column: not is_identity(column)
    clock: str | None = None
    month_first: bool | None = None
    rating_scale: float = 1.0
    read_at: datetime | None = None
    period_end: datetime | None = None
    words: Callable[[str, Mapping[str, Any]], str | None] = lambda text, _row: text
    replies: Sequence[str] = ()
    names: Sequence[str] = ()
    accounts: Sequence[str] = ()
    day_above: bool = False
    time_stands_in: bool = False


@dataclass
class ItemBuilder:
    """Builds the items of one file, in order: it counts repetitions for derived keys.

    Attributes:
        tally: How many rows had something a person should know: ``undated``, ``time-raw``,
            ``rating-raw``, ``key-rounded``, ``replied``.
    """

    mapping: RowMapping
    zone: ZoneInfo
    occurrences: OccurrenceCounter = field(default_factory=OccurrenceCounter)
    tally: Counter[str] = field(default_factory=Counter)
    _day: Any = None
    _extra: dict[tuple[str, ...], list[tuple[str, str]]] = field(default_factory=dict)

    def build(self, line: int, row: Mapping[str, Any]) -> RawItem | Rejection:
        """Return the item a row stands for, or why there is none."""
        for skip in self.mapping.skips:
            if plain(row.get(skip.column)).lower() in skip.values:
                return self.rejection(line, skip.reason, skip.detail, row)
        values = self._values(row)
        if self.mapping.clock is not None:
            values["occurred_at"] = self._joined_time(row, values.get("occurred_at"))
        title = plain(values.get("title"))
        said = self.mapping.words(plain(values.get("text")), row)
        if said is None:
            return self.rejection(line, "not-customer", "这一格里没有客户说的话", row)
        text = said
        if self.mapping.names:
            title, text = self._without_names(title, row), self._without_names(text, row)
        blank = _is_blank(text) and _is_blank(title)
        below = text.startswith(_BELOW) or _COUNTED.fullmatch(text)
        if (blank or below) and _stands_alone(row):
            return Rejection(line, "not-feedback", _OUTSIDE)
        if blank:
            return self.rejection(line, "blank-text", "没有文字内容", row)
        if has_broken_characters(text) or has_broken_characters(title):
            return self.rejection(line, "bad-characters", BAD_CHARACTERS, row)
        if title and title not in text:
            text = f"{title}\n{text}" if text else title
        if (len(text) <= _TOTAL_CHARS or _COUNTS.fullmatch(text)) and is_total(row):
            return self.rejection(line, "not-feedback", "这一行是合计，不是反馈", row)
        if len(text) > MAX_TEXT_CHARS:
            detail = f"正文有 {len(text):,} 字，最多接受 {MAX_TEXT_CHARS:,} 字"
            return self.rejection(line, "text-too-long", detail, row)
        raw_time = values.get("occurred_at")
        occurred_at = self._time(row, values)
        if occurred_at is None and self._is_undatable(raw_time):
            detail = (
                f"时间“{plain(raw_time)[:30]}”没有年份或是相对的，不知道是哪天；"
                "请说明文件是哪天导出的，再导入一次"
            )
            return self.rejection(line, "relative-time", detail, row)
        return self._item(line, row, values, text, title, occurred_at)

    def _is_undatable(self, raw_time: Any) -> bool:
        """Whether a row says when it was said, but relative to nobody knows when."""
        if self.mapping.time_stands_in or not isinstance(raw_time, str):
            return False
        return is_relative(raw_time.strip())

    def _take_day_above(self, values: dict[str, Any]) -> None:
        """Give a row without a date the last one that stands above it, and remember its own."""
        if plain(values.get("occurred_at")):
            self._day = values["occurred_at"]
        elif self._day is not None and not _is_blank(plain(values.get("text"))):
            values["occurred_at"] = self._day
            self.tally["day-above"] += 1

    def _item(
        self,
        line: int,
        row: Mapping[str, Any],
        values: Mapping[str, Any],
        text: str,
        title: str,
        occurred_at: datetime | None,
    ) -> RawItem:
        rating = parse_rating(values.get("rating"), self.mapping.rating_scale)
        attributes: dict[str, Any] = {"channel": self.mapping.channel}
        for name in _ATTRIBUTES & values.keys():
            if fitted := _fitted(values[name], name):
                attributes[name] = fitted
        meta = self._meta(row, text)
        replies = self.mapping.replies
        if replies and any(row.get(column) for column in replies):
            self.tally["replied"] += 1
        if occurred_at is None:
            self.tally["undated"] += 1
            if raw := plain(values.get("occurred_at")):
                self.tally["time-raw"] += 1
                meta["time_raw"] = raw[:_MAX_META_CHARS]
        if rating is None and (raw := plain(values.get("rating"))) and not is_unrated(raw):
            self.tally["rating-raw"] += 1
            meta["rating_raw"] = raw[:_MAX_META_CHARS]
        if (reach := _count(values.get("reach"))) is not None:
            meta["reach"] = reach
        return RawItem(
            line=line,
            source_key=self._key(values, text, occurred_at),
            text=text,
            title=_fitted(title, "title") if title else "",
            author=self._author(row),
            rating=rating,
            occurred_at=occurred_at,
            meta=meta,
            **attributes,
        )

    def _values(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Return the value of each field: of the first of its columns that has one."""
        values = {}
        for name, columns in self.mapping.columns.items():
            for column in columns:
                value = row.get(column)
                if value is not None and value != "":
                    values[name] = value
                    break
        if self.mapping.day_above:
            self._take_day_above(values)
        return values

    def _author(self, row: Mapping[str, Any]) -> str | None:
        for column in self.mapping.accounts:
            name = row.get(column)
            if isinstance(name, str) and name.startswith("匿名") and is_placeholder(name):
                return None
        for column in self.mapping.columns.get("author", ()):
            name = plain(row.get(column))
            if name and not is_placeholder(name):
                return name
        return None

    def _without_names(self, text: str, row: Mapping[str, Any]) -> str:
        """Return a text in which the name that another cell tells is a mention, so masked."""
        for column in self.mapping.names:
            name = plain(row.get(column))
            if name in text and _NAME.fullmatch(name) and not is_placeholder(name):
                text = text.replace(name, f"@{name} ")
        return text

    def _joined_time(self, row: Mapping[str, Any], day: Any) -> Any:
        clock = plain(row.get(self.mapping.clock or ""))
        date = day.date().isoformat() if isinstance(day, datetime) else plain(day)
        return f"{date.removesuffix('T00:00:00')} {clock}" if date and clock else day

    def _time(self, row: Mapping[str, Any], values: Mapping[str, Any]) -> datetime | None:
        read_at = self.mapping.read_at
        if values.get("crawled_at") is not None:
            read_at = parse_time(values["crawled_at"], self.zone) or read_at
        order = self.mapping.month_first
        moment = parse_time(values.get("occurred_at"), self.zone, read_at, month_first=order)
        if moment is None and read_at is None and self.mapping.period_end is not None:
            raw = values.get("occurred_at")
            if isinstance(raw, str) and is_yearless(raw):
                moment = parse_time(raw, self.zone, self.mapping.period_end)
        if moment is None and len(self.mapping.columns.get("occurred_at", ())) > 1:
            for column in self.mapping.columns["occurred_at"]:
                moment = parse_time(row.get(column), self.zone, read_at, month_first=order)
                if moment is not None:
                    break
        return moment

    def _key(self, values: Mapping[str, Any], text: str, occurred_at: datetime | None) -> str:
        key = plain(values.get("source_key"))
        if key and self.mapping.key_pattern is not None:
            match = self.mapping.key_pattern.search(key)
            key = match[1] if match else key
        if key and is_rounded(key):
            self.tally["key-rounded"] += 1
            key = ""
        if key:
            return fitted_key(key)
        parts = [text, *[plain(values.get(name)) for name in _KEY_FIELDS]]
        if occurred_at is None or (parts[3] and is_relative(parts[3])):
            parts[3] = ""  # what is relative today is another word tomorrow
        return self.occurrences.key(parts)

    def _meta(self, row: Mapping[str, Any], text: str) -> dict[str, Any]:
        meta: dict[str, Any] = {}
        for name, stored_name in self._extras(tuple(row)):
            value = row[name]
            if value is None or value == "":
                continue
            if _is_repeated(value, text):
                continue
            meta[stored_name] = meta_value(value)
        return meta

    def _extras(self, names: tuple[str, ...]) -> list[tuple[str, str]]:
        """Return the columns without a field that are stored, each with its storable name."""
        found = self._extra.get(names)
        if found is None:
            mapped = {column for group in self.mapping.columns.values() for column in group}
            mapped.add(self.mapping.clock or "")
            extra = [name for name in names if name not in mapped and self.mapping.keeps(name)]
            if len(self._extra) > 1_000:
                self._extra.clear()
            chosen = extra[:_MAX_META_FIELDS]
            found = self._extra[names] = [(name, storable(name)) for name in chosen]
        return found

    def rejection(self, line: int, reason: str, detail: str, row: Mapping[str, Any]) -> Rejection:
        """Return a row as rejected, with what may be kept of it."""
        columns = self.mapping.columns
        told = [
            column
            for name in columns
            if name != "author"
            for column in columns[name]
            if column in row and (not is_identity(column) or name in ("region", "device"))
        ]
        extras = [name for name, _ in self._extras(tuple(row))]
        names = dict.fromkeys([*told, *extras])
        return Rejection(line, reason, detail, raw_row((name, row.get(name)) for name in names))


def is_total(row: Mapping[str, Any]) -> bool:
    """Whether a row begins like the sums in or below a table: 合计, 平均, 门店小计."""
    first = next((value for value in row.values() if value not in (None, "")), None)
    return isinstance(first, str) and _TOTAL.fullmatch(first.strip()) is not None


def _stands_alone(row: Mapping[str, Any]) -> bool:
    """Whether a wide row is one note (制表人：…, 备注：…): a footer, whose names nobody reads."""
    filled = [value for value in row.values() if value not in (None, "")]
    if len(row) < _WIDE or not all(isinstance(value, str) for value in filled):
        return False
    if 1 < len(filled) <= len(row) / 2:  # 审核：某某 beside 填表日期：…
        return all(_SIGNED.match(value.strip()) for value in filled)
    if len(filled) != 1:
        return False
    note = filled[0].strip()
    told = "：" in note or ":" in note or note.startswith(_BELOW)
    return told or _COUNTED.fullmatch(note) is not None


def _is_blank(text: str) -> bool:
    """Whether there is nothing to read: blanks of any kind."""
    return not text.strip(_SPACE)


def _is_repeated(value: Any, text: str) -> bool:
    """Whether a cell is the body again, beside a column that joins title and body."""
    return isinstance(value, str) and len(value) >= _REPEATED_CHARS and value.strip(_MARGIN) in text


def _count(value: Any) -> int | None:
    """Return a number of votes or likes: 37, "1,204", "3.2万"."""
    if value is None:
        return None
    text = plain(value).replace(",", "").rstrip("+")
    scale = {"万": 10_000, "w": 10_000, "k": 1_000}.get(text[-1:].casefold(), 1)
    try:
        number = float(text[:-1] if scale > 1 else text) * scale
    except ValueError:
        return None
    return int(number) if math.isfinite(number) and 0 <= number < 2**53 else None


def meta_value(value: Any) -> Any:
    """Return a value as it can be kept in JSON, texts cut to 2,000 characters."""
    if isinstance(value, str):
        return storable(value[:_MAX_META_CHARS])
    match value:
        case bool():
            return value
        case int() if abs(value) < 2**53:
            return value
        case float() if math.isfinite(value):
            return value
        case _:
            return storable(plain(value)[:_MAX_META_CHARS])


def fitted_key(key: str) -> str:
    """Return a source key short enough to store; a longer one keeps its head and a hash."""
    key = storable(key)
    return key if len(key) <= MAX_CHARS["source_key"] else f"{key[:200]}-{content_hash([key])[:32]}"


def _fitted(value: Any, name: str) -> str:
    return storable(plain(value))[: MAX_CHARS[name]]


def raw_row(cells: Iterable[tuple[str, Any]]) -> str:
    """Return cells as a person can recognise them, without identities, cut to 2,000 characters."""
    kept = {
        name: plain(value)[:_MAX_META_CHARS]
        for name, value in cells
        if value not in (None, "") and not is_identity(name)
    }
    return json.dumps(kept, ensure_ascii=False)[:_MAX_META_CHARS]
