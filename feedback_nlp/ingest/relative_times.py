"""Dates as pages show them: 3天前, 昨天 12:30, 12月27日, 编辑于 03-05 上海.

They mean nothing without the moment at which the page was read.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta

_AGO = re.compile(
    r"(\d+|半|[一二两三四五六七八九十])\s*个?\s*(秒|分钟?|小时|天|日|周|星期|月|年)(?:钟)?(?:以?前|之前)"
)
_AGO_ENGLISH = re.compile(r"(\d+|an?)\s+(second|minute|hour|day|week|month|year)s?\s+ago")
_NEAR = re.compile(
    r"(今天|今日|昨天|昨日|前天|前日|today|yesterday)\s*(?:(上午|下午|晚上|凌晨|早上|中午)?\s*(\d{1,2})[:：点时](\d{1,2})?分?)?"
)
_NOW = re.compile(r"刚刚|刚才|just now|now", re.IGNORECASE)
_YEARLESS = re.compile(
    r"(?!\d\.|\d+\.\d$)(\d{1,2})(?:[-/.](\d{1,2})|月(\d{1,2})[日号]?)(?:\s+(\d{1,2})[:：](\d{2})(?:[:：]\d{2})?)?"
)
_WEEKDAY = re.compile(r"(?:星期|周|礼拜)([一二三四五六日天])(?:\s*(\d{1,2})[:：](\d{2}))?")
_CLOCK = re.compile(
    r"(?:上午|下午|晚上|凌晨|AM|PM)?\s*\d{1,2}[:：]\d{2}(?:[:：]\d{2}(?:\.\d+)?)?\s*(?:AM|PM)?",
    re.IGNORECASE,
)
_HEAD = re.compile(
    r"^(?:最后)?(?:编辑|发布|发表|回复|修改|更新|评论|评价|提交|追评|Posted|Edited)(?:于|时间|on)?[:：]?\s*",
    re.IGNORECASE,
)
_TAIL = re.compile(
    r"(?:\s+|·|•)(?:来自|发布于|IP属地|IP|via)?[:：\s]*(?![万亿千wWkK]\+?$)[一-鿿A-Za-z][一-鿿A-Za-z0-9 ]{0,20}$|在.{1,8}(?:审核|评论|发布|发表)$"
)
_MARK = re.compile(
    r"[前今昨刚]|ago|today|yesterday|now|^\s*\d{1,2}[-/.月]\d|星期|周|礼拜", re.IGNORECASE
)
_YEAR_FIRST = re.compile("[0-9]{4}[-/.]")  # as most dates begin; nothing relative does
_NUMBERS = {
    "半": 0.5,
    **{digit: n for n, digit in enumerate("一二三四五六七八九十", 1)},
    "两": 2,
    "a": 1,
    "an": 1,
}
_SECONDS = {
    "秒": 1, "分": 60, "分钟": 60, "小时": 3_600, "天": 86_400, "日": 86_400, "周": 604_800, "星期": 604_800,
    "月": 30 * 86_400, "年": 365 * 86_400, "second": 1, "minute": 60, "hour": 3_600, "day": 86_400,
    "week": 604_800, "month": 30 * 86_400, "year": 365 * 86_400,
}  # fmt: skip
_DAYS_BACK = {
    "今天": 0,
    "今日": 0,
    "today": 0,
    "昨天": 1,
    "昨日": 1,
    "yesterday": 1,
    "前天": 2,
    "前日": 2,
}


def bare(text: str) -> str:
    """Return a date without 编辑于 before it and a place or device behind it."""
    text = text.strip()
    if text[:1].isdigit() and text.isascii():
        return text
    text = _HEAD.sub("", text)
    if any(map(str.isdigit, text)) or _NEAR.match(text):
        shorter = _TAIL.sub("", text)
        if shorter and (any(map(str.isdigit, shorter)) or _NEAR.match(shorter)):
            text = shorter
    return text.strip()


def is_clock(text: str) -> bool:
    """Whether a cell is a time of day without a date."""
    return _CLOCK.fullmatch(text) is not None


def is_relative(text: str) -> bool:
    """Whether a cell is a date only in relation to when it was read."""
    return _YEAR_FIRST.match(text) is None and resolve(text, datetime(2024, 6, 1, 12)) is not None


def is_yearless(text: str) -> bool:
    """Whether a cell is a day and month, so that a year alone makes it a date."""
    return len(text) <= 60 and _YEARLESS.fullmatch(bare(text).casefold()) is not None


def resolve(text: str, read_at: datetime) -> datetime | None:
    """Return the moment a relative date means, or ``None`` if it is none.

    Args:
        text: The cell.
        read_at: When the page was read, in the zone of the result.
    """
    if len(text) > 60 or not _MARK.search(text := bare(text).casefold()):
        return None
    for pattern, rule in _RULES:
        if (match := pattern.fullmatch(text)) is not None:
            try:
                return rule(match, read_at)
            except (ValueError, OverflowError):
                return None
    return None


def _ago(match: re.Match[str], read_at: datetime) -> datetime:
    number = _NUMBERS.get(match[1]) or float(match[1])
    return read_at - timedelta(seconds=number * _SECONDS[match[2]])


def _near(match: re.Match[str], read_at: datetime) -> datetime:
    day = read_at - timedelta(days=_DAYS_BACK[match[1]])
    hour = int(match[3] or 0)
    if match[2] in ("下午", "晚上") and hour < 12:
        hour += 12
    return day.replace(hour=hour, minute=int(match[4] or 0), second=0, microsecond=0)


def _yearless(match: re.Match[str], read_at: datetime) -> datetime:
    moment = read_at.replace(
        month=int(match[1]), day=1, hour=int(match[4] or 0), minute=int(match[5] or 0),
        second=0, microsecond=0,
    ).replace(day=int(match[2] or match[3]))  # fmt: skip
    return moment if moment <= read_at + timedelta(days=1) else moment.replace(year=moment.year - 1)


def _weekday(match: re.Match[str], read_at: datetime) -> datetime:
    wanted = "一二三四五六日".index(match[1].replace("天", "日"))
    day = read_at - timedelta(days=(read_at.weekday() - wanted) % 7)
    return day.replace(hour=int(match[2] or 0), minute=int(match[3] or 0), second=0, microsecond=0)


_RULES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], datetime], datetime]], ...] = (
    (_NOW, lambda _match, read_at: read_at),
    (_AGO, _ago),
    (_AGO_ENGLISH, _ago),
    (_NEAR, _near),
    (_YEARLESS, _yearless),
    (_WEEKDAY, _weekday),
)
