"""Several texts side by side in a row: comments below a post, pros and cons."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from feedback_nlp.ingest.columns import comparable, read_toml, without_brackets
from feedback_nlp.ingest.items import ItemBuilder, fitted_key
from feedback_nlp.ingest.looks import Looks
from feedback_nlp.ingest.plain import plain
from feedback_nlp.ingest.speakers import is_team
from feedback_nlp.ingest.times import parse_time
from feedback_nlp.records import RawItem, Rejection

_ANSWERED = "客服在工单里的答复，不算用户反馈"
_WORDS_END = re.compile(
    r"(?:内容|正文|文字|详情|文本|content|text|body|comment|review|message|评价|评论)$"
)
_AUTHOR_ENDS = frozenset(
    [
        "author",
        "by",
        "user",
        "username",
        "from",
        "name",
        "作者",
        "用户",
        "回复人",
        "评论人",
        "发言人",
        "人",
    ]
)
_CELL = re.compile(r"(?P<at>[^;\n]{8,30});\s*(?P<who>[^;\n]{1,60});(?P<said>[\s\S]+)")
_DAYS_CHARS = 4
_ADDED = ("追", "append", "followup", "afteruser")


@dataclass(frozen=True, slots=True)
class SeveralTexts:
    """Columns that hold texts of their own beside the main one.

    Attributes:
        others: Texts of other people (comments): neither author, rating nor time of the row.
        parts: Parts of the same person's review.
        times, days, authors: The column beside a text that says when it was said, how many days
            after the first, and by whom.
    """

    others: tuple[str, ...]
    parts: tuple[str, ...]
    times: Mapping[str, str] = field(default_factory=dict)
    days: Mapping[str, str] = field(default_factory=dict)
    authors: Mapping[str, str] = field(default_factory=dict)

    @property
    def columns(self) -> tuple[str, ...]:
        """All of them."""
        return (*self.others, *self.parts)


@cache
def _numbered() -> re.Pattern[str]:
    return re.compile(read_toml("surveys.toml")["texts"]["numbered"])


@cache
def _parts() -> frozenset[str]:
    return frozenset(map(comparable, read_toml("surveys.toml")["texts"]["parts"]))


def _is_part(column: str) -> bool:
    names = {comparable(column), without_brackets(column)}
    ends = tuple(read_toml("surveys.toml")["texts"]["part_ends"])
    follows = _follow_up().fullmatch(comparable(column)) is not None
    return follows or bool(names & _parts()) or without_brackets(column).endswith(ends)


def _is_added(column: str) -> bool:
    """Whether a text was added later: 追评, follow-up."""
    name = comparable(column)
    return name.startswith(_ADDED) or _follow_up().fullmatch(name) is not None


@cache
def _follow_up() -> re.Pattern[str]:
    return re.compile(read_toml("surveys.toml")["texts"]["follow_up"])


def _beside(column: str, looks: Mapping[str, Looks]) -> Iterator[tuple[str, str]]:
    """Yield the columns that a text column's name begins, with what is left of their names."""
    name = comparable(column)
    stem = _WORDS_END.sub("", name) or name
    for other in looks:
        rest = comparable(other)
        if other != column and rest.startswith(stem):
            yield other, rest[len(stem) :].lstrip(".")


def _companions(
    columns: Sequence[str], looks: Mapping[str, Looks]
) -> tuple[dict[str, str], dict[str, str], dict[str, str]]:
    """Return the columns of time, days and author that stand beside texts, by text column."""
    times: dict[str, str] = {}
    days: dict[str, str] = {}
    authors: dict[str, str] = {}
    for column in columns:
        for other, rest in _beside(column, looks):
            is_number = looks[other].numbers >= 0.5  # one that reads as a time may be a count
            says_when = not is_number or rest.endswith(("time", "date", "at", "时间"))
            if looks[other].times >= 0.5 and says_when:
                times.setdefault(column, other)
            elif rest.endswith(("天数", "天后", "days")) and is_number:
                days.setdefault(column, other)
            elif rest in _AUTHOR_ENDS:
                authors.setdefault(column, other)
    added = [column for column in columns if comparable(column).startswith(_ADDED)]
    later = [c for c in looks if comparable(c).startswith(_ADDED) and looks[c].times >= 0.5]
    if len(added) == len(later) == 1:  # 追加评论 beside 追评时间
        times.setdefault(added[0], later[0])
    return times, days, authors


def several_texts(looks: Mapping[str, Looks], text: str | None) -> SeveralTexts | None:
    """Return the further text columns of a file, or ``None`` if it has none.

    Args:
        looks: What each column looks like.
        text: The main text column, if any.
    """
    numbered = [
        column for column in looks if _numbered().match(column.strip()) and _is_words(looks[column])
    ]
    parts = [
        column
        for column in looks
        if column != text and _is_part(column) and _is_words(looks[column])
    ]
    if len(numbered) < 2:
        numbered = []
    if not numbered and (len(parts) < 2 and not (parts and text)):
        return None
    others = tuple(column for column in numbered if column != text)
    return SeveralTexts(others, tuple(parts), *_companions((*others, *parts), looks))


def comments_in(looks: Mapping[str, Looks], text: str | None) -> SeveralTexts | None:
    """Return the repeated columns of later comments, or ``None`` if a file has none."""
    numbered = [c for c in looks if _numbered().match(c.strip()) and _is_words(looks[c])]
    stems = {column.rpartition("__")[0] for column in looks}
    first = [column for column in looks if column in stems and _numbered().match(f"{column}__2")]
    others = [column for column in (*first, *numbered) if column != text]
    return SeveralTexts(tuple(dict.fromkeys(others)), ()) if others else None


def _is_words(looks: Looks) -> bool:
    if not looks.filled:
        return True
    is_classes = looks.ratings >= 0.5  # 外观: 好, 一般
    return not is_classes and (looks.words > 0 or (looks.numbers < 0.5 and looks.links < 0.5))


@dataclass
class WideReader:
    """Turns a row with several texts into one item a text, tied together by ``thread_key``."""

    builder: ItemBuilder
    texts: SeveralTexts
    is_support: bool = False

    def items(self, line: int, row: Mapping[str, Any]) -> Iterator[RawItem | Rejection]:
        """Yield one item a text, or one rejection if there is none."""
        main = self.builder.build(line, row)
        said = [(column, text) for column in self.texts.columns if (text := plain(row.get(column)))]
        if isinstance(main, Rejection) and (main.reason != "blank-text" or not said):
            yield main
            return
        frame = main if isinstance(main, RawItem) else self._frame(line, row, said[0][1])
        if isinstance(frame, Rejection):
            yield frame
            return
        thread = frame.thread_key or frame.source_key
        if isinstance(main, RawItem):
            yield replace(main, thread_key=thread)
        for column, text in said:
            key = fitted_key(f"{frame.source_key}#{column}")
            meta = {**frame.meta, "question": column}
            item = replace(
                frame,
                source_key=key,
                text=text,
                title="",
                thread_key=thread,
                occurred_at=self._time(column, row, frame),
                meta=meta,
            )
            if column in self.texts.others:
                meta.pop("reach", None)
                yield self._said_by_others(line, column, row, replace(item, rating=None))
            elif _is_added(column):
                yield replace(item, rating=None)  # the stars were given with the first
            else:
                yield item

    def _said_by_others(
        self, line: int, column: str, row: Mapping[str, Any], item: RawItem
    ) -> RawItem | Rejection:
        """Give a comment its own author and time; set the team's aside."""
        who = plain(row.get(self.texts.authors.get(column, "")))
        if (cell := _CELL.fullmatch(item.text)) is not None and (
            moment := parse_time(cell["at"].strip(), self.builder.zone)
        ):  # Jira: 2026-03-02 10:00;name;text
            who, item = cell["who"].strip(), replace(item, text=cell["said"], occurred_at=moment)
        if not who:
            return replace(item, author=None)
        columns = (*self.builder.mapping.columns.get("author", ()), *self.builder.mapping.accounts)
        columns = (*columns, *(c for c in row if c.startswith(columns) and c not in columns))
        asker = {name for name in (plain(row.get(c)) for c in columns) if name}
        if is_team(who) or (self.is_support and asker and who not in asker):
            return self.builder.rejection(line, "not-customer", _ANSWERED, {})
        return item if who in asker else replace(item, author=who)

    def _time(self, column: str, row: Mapping[str, Any], frame: RawItem) -> datetime | None:
        """Return when a further text was said: by its own column, else with the first."""
        zone = self.builder.zone
        own = parse_time(row.get(self.texts.times.get(column, "")), zone, frame.occurred_at)
        if own is None and frame.occurred_at is not None:
            days = plain(row.get(self.texts.days.get(column, "")))
            if days.isdecimal() and len(days) <= _DAYS_CHARS:
                own = frame.occurred_at + timedelta(days=int(days))
        return own or frame.occurred_at

    def _frame(self, line: int, row: Mapping[str, Any], text: str) -> RawItem | Rejection:
        """Build what the texts of a row share, for a row without a main text."""
        column = next(iter(self.builder.mapping.columns.get("text", ())), None)
        if column is None:
            return self.builder.rejection(line, "blank-text", "没有文字内容", row)
        return self.builder.build(line, {**row, column: text})
