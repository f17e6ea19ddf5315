"""What the first cells of a column look like: times, ratings, numbers, links, words."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from feedback_nlp.ingest.plain import plain
from feedback_nlp.ingest.ratings import is_unrated, parse_rating
from feedback_nlp.ingest.relative_times import is_clock, is_relative
from feedback_nlp.ingest.times import month_comes_first, parse_time
from feedback_nlp.tabular.chat_log import SAID_AT

SAMPLE = 200
_LINK = re.compile(r"(?:https?:)?//\S+|www\.\S+")
_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)*(?:[eE][+-]?\d+)?%?")
_CODE = re.compile(r"[A-Za-z0-9_\-=+/.]+")
_HAN = re.compile("[\u3400-\u9fff]")


def is_number(text: str) -> bool:
    """Whether a cell is a number, a share or an id of digits."""
    return _NUMBER.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class Looks:
    """Shares (0-1) are of the filled cells among the first rows.

    Attributes:
        rows: Rows looked at.
        filled: Cells that are not blank.
        times, clocks, ratings, numbers, links, codes: Shares that read as such; a code is a
            word of ASCII letters and digits with a digit in it. Ratings are a share of those given.
        chars: Mean length of a cell.
        distinct: Share of different values.
        words: 0-1, how much the column looks like something that people wrote.
        month_first: How a column of dates means 3/1/2026; ``None`` if it does not tell.
        is_first_filled: Whether the first row has a cell.
    """

    rows: int
    filled: int
    times: float
    clocks: float
    ratings: float
    numbers: float
    links: float
    codes: float
    chars: float
    distinct: float
    words: float
    values: tuple[str, ...]
    month_first: bool | None = None
    is_first_filled: bool = False

    @property
    def share_filled(self) -> float:
        """Share of the rows that have a cell."""
        return self.filled / self.rows if self.rows else 0.0


def look(column: str, rows: Sequence[Mapping[str, Any]], zone: ZoneInfo) -> Looks:
    """Look at one column of the first rows."""
    rows = rows[:SAMPLE]
    cells = [cell for row in rows if (cell := row.get(column)) not in (None, "")]
    texts = [text for cell in cells if (text := plain(cell))]
    count = len(texts)
    if not count:
        return Looks(len(rows), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, ())
    order = month_comes_first(texts, by_clock=column == SAID_AT)
    times = sum(
        parse_time(cell, zone, month_first=order) is not None or is_relative(text)
        for cell, text in zip(cells, texts, strict=False)
    )
    numbers = sum(_NUMBER.fullmatch(text) is not None for text in texts)
    links = sum(_LINK.match(text) is not None for text in texts)
    codes = sum(_CODE.fullmatch(text) is not None and any(map(str.isdigit, text)) for text in texts)
    chars = sum(map(len, texts)) / count
    distinct = len(set(texts)) / count
    valued = max(times, numbers, links, codes) / count
    han = sum(bool(_HAN.search(text)) or " " in text for text in texts) / count
    words = 0.0
    if valued < 0.5:
        words = (0.2 + 0.8 * min(chars, 30) / 30) * (0.3 + 0.7 * distinct) * (0.3 + 0.7 * han)
    rated = [cell for cell in cells if not (isinstance(cell, str) and is_unrated(cell))]
    return Looks(
        rows=len(rows),
        filled=count,
        times=times / count,
        clocks=sum(map(is_clock, texts)) / count,
        ratings=sum(parse_rating(cell) is not None for cell in rated) / max(1, len(rated)),
        numbers=numbers / count,
        links=links / count,
        codes=codes / count,
        chars=chars,
        distinct=distinct,
        words=words,
        values=tuple(texts),
        month_first=order,
        is_first_filled=bool(plain(rows[0].get(column))),
    )
