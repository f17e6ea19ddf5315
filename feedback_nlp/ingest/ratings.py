"""Ratings as exports write them, on a scale of 1 to 5 stars."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cache, lru_cache

from feedback_nlp.ingest.columns import read_toml

_CHINESE_DIGITS = {"一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5}
_NUMBER = re.compile(
    r"(\d(?:\.\d+)?)\s*(?:分|星|颗星|星级|星好评|stars?|out of 5(?: stars)?|/\s*5(?:\.0+)?(?:分)?)?",
    re.IGNORECASE,
)
_CHINESE = re.compile(r"([一二两三四五])(半)?\s*(?:分|颗星|星)(?:级)?(?:好评)?(半)?")
_CLASS = re.compile(r"[a-z_ -]*?(?:star|-str)[a-z_ -]*?(\d{1,2})[a-z_ -]*", re.IGNORECASE)
_HEAD = re.compile(
    r"(?:用户|总体|综合)?(?:评分|评价|打分|星级|得分|rating|score|rated)[为是:]?\s*(?=\S)",
    re.IGNORECASE,
)
_FILLED = re.compile("[★⭐🌟]")
_MAX_CHARS = 40  # sml-rank-stars sml-str40 star
_WORD_BEHIND = re.compile(r"(\S+?)\s+(\D{1,8})")
_TENS = re.compile(r"[1-5][05](?:\.0)?")
_DECIMAL_COMMA = re.compile(r"(?<=\d),(?=\d(?!\d))")
_SCALE = re.compile(
    r"(?<!\d)[01]\s*(?:[-–—~～至到]|to)\s*(?:7|10|20|100)(?!\d)|满分\s*(?:7|10|20|100)(?!\d)|(?:十|10)分制|百分制"
    r"|(?:out of|/)\s*(?:7|10|20|100)(?!\d)",
    re.IGNORECASE,
)
_STARS = re.compile(r"[★☆⭐🌟\ufe0f\s]+")


@cache
def _words() -> dict[str, float]:
    return {word: float(stars) for word, stars in read_toml("aliases.toml")["ratings"].items()}


def parse_rating(value: object, scale: float = 1.0) -> float | None:
    """Read a rating: ``4``, ``4.0``, ``5分``, ``五星``, ``★★★★☆``, ``4/5``, ``非常满意``.

    >>> parse_rating("★★★★☆"), parse_rating("4.5/5"), parse_rating("很差劲的一家店")
    (4.0, 4.5, None)

    Args:
        value: The cell.
        scale: What a number is divided by first: 10 where stars are written 10–50.

    Returns:
        1–5, or ``None`` if it is no rating on that scale.
    """
    if value is None:
        return None
    if isinstance(value, str) and scale == 1.0:
        return _read(value)
    if scale != 1.0 and _TENS.fullmatch(str(value)):
        value = float(str(value)) / scale
    if isinstance(value, bool):
        return 5.0 if value else 1.0  # recommended or not
    if isinstance(value, int | float):
        return float(value) if 1 <= value <= 5 else None
    return _read(str(value))


@lru_cache(maxsize=4_096)
def _read(text: str) -> float | None:
    text = unicodedata.normalize("NFKC", text).strip()
    if not text or len(text) > _MAX_CHARS:
        return None
    text = _DECIMAL_COMMA.sub(".", _HEAD.sub("", text, count=1))
    if (known := _words().get(text.casefold())) is not None:
        return known
    if (pair := _WORD_BEHIND.fullmatch(text)) is not None and pair[2].casefold() in _words():
        text = pair[1]  # 5.0分 超棒
    if _STARS.fullmatch(text):
        stars = float(len(_FILLED.findall(text)))
    elif (match := _NUMBER.fullmatch(text)) is not None:
        stars = float(match[1])
    elif (match := _CHINESE.fullmatch(text)) is not None:
        stars = _CHINESE_DIGITS[match[1]] + (0.5 if match[2] or match[3] else 0.0)
    elif (match := _CLASS.fullmatch(text)) is not None:
        stars = int(match[1]) / (10 if int(match[1]) >= 10 else 1)  # allstar40, s-star4
    else:
        return None
    return stars if 1 <= stars <= 5 else None


def is_unrated(text: str) -> bool:
    """Whether a cell of a rating column says that nobody rated: 未评价, Unoffered."""
    return text.strip().casefold() in _unrated()


@cache
def _unrated() -> frozenset[str]:
    return frozenset(read_toml("aliases.toml")["unrated"]["words"])


def tells_other_scale(header: str) -> bool:
    """Whether a header says that its scores are no stars: 评分（1-10）, 满分100.

    >>> tells_other_scale("总体评分（0～10）"), tells_other_scale("评分(1-5)")
    (True, False)
    """
    return _SCALE.search(unicodedata.normalize("NFKC", header)) is not None


def is_tens_scale(column: str, values: Iterable[object]) -> bool:
    """Whether a column named for stars writes them 10, 15 … 50, as 美团 does."""
    filled = [text for value in values if (text := str(value).strip()) not in ("", "0", "0.0")]
    name = column.casefold()
    return bool(filled) and ("star" in name or "星" in name) and all(map(_TENS.fullmatch, filled))


def is_star_scale(values: Iterable[object]) -> bool:
    """Whether a column of numbers can be stars: no value above 5 (0–10 scales have some)."""
    for value in values:
        try:
            if float(str(value)) > 5:
                return False
        except ValueError:
            continue
    return True
