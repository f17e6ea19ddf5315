"""When a file was made and of which year it is, where it says so itself: titles, 导出时间, crawlTime.

Dates as pages show them (3天前, 05-28) and days without a year (5月3日) mean nothing without it.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from feedback_nlp.ingest.columns import aliases, comparable
from feedback_nlp.ingest.times import parse_time

_MADE = re.compile(
    r"(?:导出|抓取|采集|爬取|下载|填报|制表|生成|打印|截止|截至|统计)(?:时间|日期|于)?\s*[:：至到]?\s*"
    r"(?P<at>(?:19|20)\d{2}\s*[-/.年]\s*\d{1,2}\s*[-/.月]\s*\d{1,2}日?(?:[ T]*\d{1,2}:\d{2}(?::\d{2})?)?)"
)
_NAMED = re.compile(r"(?P<name>[\w .\-]{2,30})\s*[:：]\s*(?P<at>\S.*)")
_PERIOD = re.compile(
    r"(?<!\d)(?P<y>20\d{2})\s*(?:年度?|[-_./](?=\d{1,2}(?!\d)))\s*(?P<m>\d{1,2}(?=\s*(?:月|$|[^\d.])))?"
)
_COMPACT = re.compile(r"(?<!\d)(?P<y>20\d{2})(?P<m>0[1-9]|1[0-2])(?:[0-3]\d)?(?!\d)")


@dataclass(frozen=True, slots=True)
class Dating:
    """What a file says of its own date.

    Attributes:
        made_at: When it was made (aware), if it says so.
        period_end: The end of the year or month that it is of (aware).
        remarks: Chinese remarks for the person who started it.
    """

    made_at: datetime | None = None
    period_end: datetime | None = None
    remarks: tuple[str, ...] = ()


def dating_of(preface: Sequence[str], name: str, zone: ZoneInfo) -> Dating:
    """Find the date of a file.

    Args:
        preface: What stands above its header or around its records.
        name: Its file name, asked for a year only.
        zone: Zone of times that name none.
    """
    for text in preface:
        made = _MADE.search(text)
        named = _NAMED.fullmatch(text) if made is None else None
        if named is not None and comparable(named["name"]) not in aliases()["crawled_at"]:
            named = None
        told = made or named
        moment = parse_time(told["at"].strip(), zone) if told is not None else None
        if moment is not None:
            shown = f"{moment.astimezone(zone):%Y-%m-%d %H:%M}"
            return Dating(moment, moment, (f"相对时间（如 3天前、05-28）按文件里写的 {shown} 算",))
    titles = [text for text in preface if not _is_value(text)]
    ends = [end for text in titles for end in _ends(text)] or _ends(name)
    if not ends:
        return Dating()
    year, month = max(ends)
    last = calendar.monthrange(year, month)[1]
    end = datetime(year, month, last, 23, 59, tzinfo=zone)
    return Dating(None, end, (f"没有年份的日期按标题或文件名里的 {year} 年算",))


def _is_value(text: str) -> bool:
    """Whether this is a value beside records of JSON (``shopId：…``), no title."""
    match = _NAMED.fullmatch(text)
    return match is not None and match["name"].isascii()


def _ends(text: str) -> list[tuple[int, int]]:
    found = []
    for pattern in (_PERIOD, _COMPACT):
        for match in pattern.finditer(text):
            month = int(match["m"] or 12)
            if 1 <= month <= 12:
                found.append((int(match["y"]), month))
    return found
