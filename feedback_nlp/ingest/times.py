"""Times as exports write them. What cannot be told for certain is ``None``."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from feedback_nlp.ingest.relative_times import bare, resolve

_YEARS = range(1990, 2101)
_EXCEL_EPOCH = datetime(1899, 12, 30)
_EXCEL_DAYS = (20_000, 80_000)
_SECONDS = (10**8, 10**11)
_MILLISECONDS = (10**11, 10**14)
_MICROSECONDS = (10**14, 10**17)

_MAX_CHARS = 200
_DIGIT = re.compile(r"\d")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_YEAR_FIRST = re.compile(
    r"(?P<y>\d{4})\s*[-/.年]\s*(?P<m>\d{1,2})\s*[-/.月]\s*(?P<d>\d{1,2})\s*[日号]?"
    r"(?:\s*\(?(?:星期|周)[一二三四五六日天]\)?)?"
    r"(?:[T\s,]*(?P<half>上午|下午|中午|晚上|凌晨|早上|AM|PM)?\s*"
    r"(?P<H>\d{1,2})\s*[:：时点]\s*(?P<M>\d{1,2})?\s*(?:[:：分]\s*(?P<S>\d{1,2})?(?:\.\d+)?)?\s*秒?"
    r"\s*(?P<half2>上午|下午|中午|晚上|凌晨|早上|AM|PM)?"
    r"\s*(?P<zone>Z|(?:UTC|GMT)(?:[+-]\d{1,2}(?::?\d{2})?)?|[+-]\d{2}:?\d{2})?)?",
    re.IGNORECASE,
)
# 微博 and 小红书 write 23-5-6 for other years; the year stands first wherever dashes do.
_SHORT_YEAR = re.compile(r"(?P<y>[1-3]\d)-(?P<m>\d{1,2})-(?P<d>\d{1,2})(?P<rest>(?:[T ].*)?)")
_YEAR_LAST = re.compile(
    r"(?P<a>\d{1,2})[/.](?P<b>\d{1,2})[/.](?P<y>\d{4})"
    r"(?:[\s,]+(?P<H>\d{1,2}):(?P<M>\d{2})(?::(?P<S>\d{2}))?\s*(?P<half>AM|PM)?)?",
    re.IGNORECASE,
)
_JSON_DATE = re.compile(r"/Date\((-?\d{9,14})(?:[+-]\d{4})?\)/")
_OFFSET = re.compile(r"(?:GMT|UTC)?([+-])(\d{1,2})(?::?(\d{2}))?", re.IGNORECASE)
_MONTH = re.compile(r"(\d{4})\s*(?:年|[-/.])\s*(\d{1,2})\s*月?(?:份)?")
# 大众点评: 2026-03-01 更新于2026-03-05; Jira in Chinese: 01/十月/26 10:12 AM.
_LATER = re.compile(r"(?<=\d)\s*(?:更新于|编辑于|修改于)")
_HAN_MONTH = re.compile(
    r"(?P<d>\d{1,2})[/-](?P<m>十[一二]?|[一二三四五六七八九])月[/-](?:20)?(?P<y>\d{2})(?P<rest>\s.*)?"
)
_HAN_MONTHS = ("一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二")
_MONTH_WORD = re.compile(r"(?<![A-Za-z])[A-Za-z]{3,9}(?![A-Za-z0-9_])")
_ENGLISH = (
    "%d-%b-%Y %H:%M:%S",
    "%d-%b-%Y",
    "%d/%b/%y %I:%M %p",
    "%b %d, %Y",
    "%B %d, %Y",
    "%b %d, %Y %I:%M %p",
    "%B %d, %Y %I:%M %p",
    "%b %d, %Y %I:%M:%S %p",
    "%d %b %Y",
    "%d %B %Y",
    "%a %b %d %H:%M:%S %z %Y",
)
_AFTERNOON = {"下午", "晚上", "pm"}
_MORNING = {"上午", "凌晨", "早上", "am"}


def parse_time(
    value: object,
    zone: ZoneInfo,
    read_at: datetime | None = None,
    *,
    month_first: bool | None = None,
) -> datetime | None:
    """Read a time: text in ten kinds, a typed cell, epoch seconds to µs, an Excel serial.

    >>> str(parse_time("2026年3月1日 下午3:20", ZoneInfo("Asia/Shanghai")))
    '2026-03-01 07:20:00+00:00'

    Args:
        value: The cell.
        zone: Zone of times that name none.
        read_at: When the page was read (aware), for relative times (昨天, 3天前, 03-05).
        month_first: How 3/1/2026 is meant, where the column tells: see :func:`month_comes_first`.

    Returns:
        An aware datetime in UTC, or ``None`` if it is no time, relative to nobody knows
        when, or ambiguous (3/1/26).
    """
    try:
        moment = _iso(value)
        if moment is None and not (isinstance(value, str) and _is_no_date(value)):
            moment = _read(value, month_first)
        if moment is None and read_at is not None and isinstance(value, str):
            moment = resolve(value.strip(), read_at.astimezone(zone))
        if moment is None:
            return None
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=zone)
        moment = moment.astimezone(UTC)
    except (ValueError, OverflowError, OSError, TypeError):
        return None
    return moment if moment.year in _YEARS else None


def month_comes_first(values: Iterable[str], *, by_clock: bool = False) -> bool | None:
    """Whether a column writes 3/15/2026 (true) or 15/3/2026 (false); ``None`` if none tells.

    Where no day is beyond 12, AM and PM tell: who counts hours so writes the month first.

    Args:
        values: Cells of the column.
        by_clock: Whether hours of a whole day tell, too, that the day comes first: a phone writes
            both as its owner's country does. Source: Unicode CLDR, short date and time formats.
    """
    found = set()
    halves = seen = False
    for value in values:
        if (match := _YEAR_LAST.fullmatch(value)) is not None:
            seen = True
            first, second = int(match["a"]), int(match["b"])
            halves = halves or value.rstrip().casefold().endswith(("am", "pm"))
            if first > 12 or second > 12:
                found.add(second > 12)
    if not found and (halves or (by_clock and seen)):
        return halves
    return found.pop() if len(found) == 1 else None


def _is_no_date(text: str) -> bool:
    """Tell cheaply that a cell is none: words without a number, or a whole paragraph."""
    return len(text) > _MAX_CHARS or _DIGIT.search(text) is None


def _iso(value: object) -> datetime | None:
    """Read what most exports write, 2026-03-01 10:22, before the other forms are tried."""
    if isinstance(value, str) and value[4:5] == "-" and value[7:8] == "-" and len(value) >= 16:
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            return None
    return None


def _read(value: object, month_first: bool | None) -> datetime | None:
    match value:
        case datetime():
            return value
        case date():
            return datetime.combine(value, time())
        case bool() | None:
            return None
        case int() | float():
            return _from_number(float(value))
        case str():
            text = _LATER.split(value.partition("|")[0].strip())[0]  # "2026年3月1日 | 2.1 版"
            if "月" in text and (match := _HAN_MONTH.fullmatch(text)) is not None:
                month = _HAN_MONTHS.index(match["m"]) + 1
                text = f"20{match['y']}-{month}-{match['d']}{match['rest'] or ''}"
            return _from_text(text, month_first) or _from_text(bare(text), month_first)
        case _:
            return None


def _from_number(number: float) -> datetime | None:
    if _EXCEL_DAYS[0] <= number < _EXCEL_DAYS[1]:
        return _EXCEL_EPOCH + timedelta(seconds=round(number * 86_400))
    if number == int(number) and (compact := _from_compact(str(int(number)))) is not None:
        return compact
    for (low, high), scale in ((_SECONDS, 1), (_MILLISECONDS, 10**3), (_MICROSECONDS, 10**6)):
        if low <= number < high:
            return datetime.fromtimestamp(number / scale, UTC)
    return None


def _from_compact(digits: str) -> datetime | None:
    """Read ``20260301`` and ``20260301102231``."""
    if len(digits) not in (8, 14) or int(digits[:4]) not in _YEARS:
        return None
    try:
        return datetime.strptime(digits, "%Y%m%d%H%M%S"[: 6 if len(digits) == 8 else 12])
    except ValueError:
        return None


def _from_text(text: str, month_first: bool | None) -> datetime | None:
    if not text:
        return None
    if _NUMBER.fullmatch(text):
        return _from_number(float(text))
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        pass
    if (match := _YEAR_FIRST.fullmatch(text)) is not None:
        return _from_year_first(match)
    if (match := _SHORT_YEAR.fullmatch(text)) is not None:
        whole = f"20{match['y']}-{match['m']}-{match['d']}{match['rest']}"
        if (match := _YEAR_FIRST.fullmatch(whole)) is not None:
            return _from_year_first(match)
    if (match := _YEAR_LAST.fullmatch(text)) is not None:
        return _from_year_last(match, month_first)
    if (match := _JSON_DATE.fullmatch(text)) is not None:
        return _from_number(float(match[1]))
    if (match := _MONTH.fullmatch(text)) is not None:
        return datetime(int(match[1]), int(match[2]), 1)
    return _from_english(text) if text.isascii() and _MONTH_WORD.search(text) else None


def _from_english(text: str) -> datetime | None:
    """Read a date with the name of a month."""
    for form in _ENGLISH:
        try:
            return datetime.strptime(text, form)
        except ValueError:
            continue
    if "," not in text and text[-5:-4] not in "+-":
        return None
    from email.utils import parsedate_to_datetime  # noqa: PLC0415 - slow to load, seldom needed

    return parsedate_to_datetime(text)


def _from_year_first(match: re.Match[str]) -> datetime:
    day = date(int(match["y"]), int(match["m"]), int(match["d"]))
    if match["H"] is None:
        return datetime.combine(day, time())
    clock = _clock(match, match["half"] or match["half2"])
    text = f"{day.isoformat()}T{clock.isoformat()}"
    return datetime.fromisoformat(text + _offset(match["zone"] or ""))


def _offset(zone: str) -> str:
    """Return a zone as ISO 8601 writes it: GMT+8 is +08:00."""
    if (match := _OFFSET.fullmatch(zone)) is None:
        return "Z" if zone else ""
    return f"{match[1]}{match[2]:0>2}:{match[3] or '00'}"


def _from_year_last(match: re.Match[str], month_first: bool | None) -> datetime | None:
    first, second = int(match["a"]), int(match["b"])
    if first <= 12 and second <= 12 and first != second:
        if month_first is None:
            return None  # 3/1/2026: month or day first? nobody can tell
        month, day = (first, second) if month_first else (second, first)
    else:
        month, day = (first, second) if first <= 12 else (second, first)
    clock = _clock(match, match["half"]) if match["H"] else time()
    return datetime.combine(date(int(match["y"]), month, day), clock)


def _clock(match: re.Match[str], half: str | None) -> time:
    hour = int(match["H"])
    half = (half or "").lower()
    if half in _AFTERNOON and hour < 12:
        hour += 12
    elif half in _MORNING and hour == 12:
        hour = 0
    return time(hour, int(match["M"] or 0), int(match["S"] or 0))
