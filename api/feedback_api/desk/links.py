"""A number as an address, and an address as words: ``44`` ↔ ``/feedback?…`` ↔ ``App 闪退 · 第 47 周``.

The parameters of ``/feedback`` are the conditions of
:func:`feedback_nlp.week.counting.count`, word for word, so that a number's link counts the
same rows again by construction.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import select
from sqlmodel import Session, col

from feedback_api.validation import MAX_ID
from feedback_nlp.clean.characters import clean_characters
from feedback_nlp.errors import InputError
from feedback_nlp.labels import Intent, Measure, Sentiment, SourceKind, label
from feedback_nlp.store.tables import FeatureRequest, Feedback, Topic
from feedback_nlp.week.item_records import Count
from feedback_nlp.weeks import parse_period

#: Measures that ``/feedback`` lists; all others are about files, and ``/data`` shows them.
OF_FEEDBACK = (Measure.PEOPLE, Measure.FEEDBACK, Measure.UNITS, Measure.ANSWERS)

#: What each yes-or-no condition says, and what its opposite says.
_YES_NO = {
    "counted": ("不含广告和刷屏", "只看广告和刷屏"),
    "spam": ("广告", "不含广告"),
    "burst": ("疑似刷屏", "不含刷屏"),
    "copy": ("内容重复", "不含重复"),
    "rated": ("打了星", "没有打星"),
    "satisfied": ("4 星及以上", "4 星以下"),
    "time_missing": ("来源没有给时间", "有时间"),
    "no_content": ("没有实际内容", "有实际内容"),
    "problem": ("说到问题的观点", "没说到问题的观点"),
    "unassigned": ("未归类", "已归类"),
    "vent": ("情绪宣泄", "不含情绪宣泄"),
    "author_known": ("知道作者", "作者未知"),
    "rating_conflict": ("星级与文字相反", "星级与文字相符"),
}
_NUMBERS = ("topic_id", "batch", "same_person", "min_answer", "max_answer")
_PERIODS = ("week", "since_week", "until_week")
_DAYS = ("since_day", "until_day")
_TEXTS = [
    "product",
    "channel",
    "segment",
    "source",
    "source_kind",
    "sentiment",
    "intent",
    "unit_sentiment",
    "unit_intent",
    "request",
    "topics",
    "app_version",
    "q",
]
CONDITIONS = (*_PERIODS, *_DAYS, *_NUMBERS, *_TEXTS, *_YES_NO)
_MAX_TEXT = 200


@dataclass(frozen=True, slots=True)
class Asked:
    """What a list is about: a measure and its conditions."""

    of: Measure
    where: Mapping[str, Any]

    def without(self, *names: str) -> Asked:
        """Return the same with fewer conditions."""
        return Asked(self.of, {key: v for key, v in self.where.items() if key not in names})

    @property
    def href(self) -> str:
        """The address of its rows."""
        return href(self.of, self.where)


@dataclass(frozen=True, slots=True)
class Chip:
    """One condition in words, and the list without it."""

    words: str
    without: str


def href(of: str, where: Mapping[str, Any], path: str = "/feedback") -> str:
    """Return the address that shows exactly the rows of a count."""
    if Measure(of) not in OF_FEEDBACK:
        path = "/data"
    return f"{path}?{_query((('of', str(of)), *pairs(where)))}"


#: A page has hundreds of numbers, and the next one most of the same.
_query = lru_cache(maxsize=10_000)(urlencode)


def href_of(count: Count) -> str:
    """Return the address of a number of the digest."""
    return href(count.of, count.where)


def pairs(where: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return conditions as they stand in an address."""
    return [
        (key, str(int(value)) if isinstance(value, bool) else str(value))
        for key, value in where.items()
    ]


def read_asked(items: Iterable[tuple[str, str]], *, ignored: Iterable[str] = ()) -> Asked:
    """Return what an address asks for; empty fields of a form mean nothing.

    Args:
        items: Names and values.
        ignored: Names that mean something else to the page.

    Raises:
        InputError: If a name is not known or a value is not usable.
    """
    of, where = Measure.FEEDBACK, {}
    skipped = frozenset(ignored)
    for name, raw in items:
        value = clean_characters(raw).strip()
        if name in skipped or not value:
            continue
        if name == "of":
            of = _measure(value)
        else:
            where[name] = _value(name, value)
    return Asked(of, where)


def _measure(value: str) -> Measure:
    if value not in set(Measure):
        raise InputError(f"不能数 {value[:40]!r}", hint="可用：" + "、".join(OF_FEEDBACK))
    return Measure(value)


def _value(name: str, value: str) -> Any:
    if name in _NUMBERS:
        if not value.isdecimal() or not 0 <= int(value[:20]) <= MAX_ID:
            raise InputError(f"{name} 写成了 {value[:40]!r}", hint="要一个编号")
        return int(value)
    if name in _YES_NO:
        return value not in ("0", "false")
    if name in _PERIODS:
        return str(parse_period(value))
    if name in _DAYS:
        try:
            return date.fromisoformat(value).isoformat()
        except ValueError as error:
            raise InputError(f"日期写成了 {value[:40]!r}", hint="例如 2026-11-16") from error
    if name in _TEXTS:
        return value[:_MAX_TEXT]
    raise InputError(
        f"没有 {clean_characters(name)[:40]!r} 这个筛选条件", hint="可用：" + "、".join(CONDITIONS)
    )


def chips(session: Session, asked: Asked) -> list[Chip]:
    """Return the conditions in words, in the order people read them."""
    order = [name for name in ("topic_id", "request", *CONDITIONS) if name in asked.where]
    return [
        Chip(words_of(session, key, asked.where[key]), asked.without(key).href)
        for key in dict.fromkeys(order)
    ]


def words_of(session: Session, key: str, value: Any) -> str:
    """Return one condition in Chinese."""
    if key in _YES_NO:
        return _YES_NO[key][0 if value else 1]
    if key in _PERIODS:
        after = {"week": "", "since_week": "起", "until_week": "及以前"}[key]
        return week_words(str(value)) + after
    match key:
        case "topic_id":
            topic = session.get(Topic, value)
            return topic.name if topic else f"主题 {value}"
        case "topics":
            ids = [int(one) for one in str(value).split(",") if one.isdecimal()]
            names = select(col(Topic.name)).where(col(Topic.id).in_(ids)).order_by(col(Topic.id))
            return "、".join(session.scalars(names))
        case "request":
            found = select(col(FeatureRequest.title)).where(col(FeatureRequest.key) == value)
            title = session.scalar(found)
            return f"{value} {title}" if title else str(value)
        case "same_person":
            known = session.get(Feedback, value)
            return "同一个人" if known else f"反馈 {value} 的人"
        case "since_day" | "until_day":
            day = date.fromisoformat(str(value))
            return f"{day.month}月{day.day}日{'起' if key == 'since_day' else '止'}"
    return _label_words(key, str(value))


def _label_words(key: str, value: str) -> str:
    vocabularies: dict[str, tuple[type[Sentiment | Intent | SourceKind], str]] = {
        "sentiment": (Sentiment, ""),
        "unit_sentiment": (Sentiment, "观点"),
        "intent": (Intent, ""),
        "unit_intent": (Intent, "观点"),
        "source_kind": (SourceKind, ""),
    }
    if key in vocabularies:
        vocabulary, after = vocabularies[key]
        return (label(vocabulary(value)) if value in set(vocabulary) else value) + after
    before = {
        "q": "含“",
        "batch": "第 ",
        "app_version": "版本 ",
        "min_answer": "打分不低于 ",
        "max_answer": "打分不高于 ",
        "segment": "用户类型 ",
        "channel": "渠道 ",
        "source": "来源 ",
        "product": "产品 ",
    }.get(key, "")
    after = {"q": "”", "batch": " 批导入"}.get(key, "")
    return f"{before}{value}{after}"


def week_words(week: str) -> str:
    """Return ``第 47 周`` or ``11 月``."""
    number = week.split("-")[1]
    return f"第 {int(number[1:])} 周" if number.startswith("W") else f"{int(number)} 月"
