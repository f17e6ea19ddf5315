"""Which columns without a field are stored along: an allow rule, so that the unknown stays out."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from feedback_nlp.chinese import fold
from feedback_nlp.ingest.columns import own_name, read_toml
from feedback_nlp.ingest.looks import Looks

_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_ID = re.compile(
    r"(?:(?<![A-Za-z])[iI][dD]|[a-z](?:Id|ID)|编号|账号|号码|(?<![A-Za-z])[nN][oO]\.?|(?<![A-Za-z])[cC]ode)$"
)
_NUMBERED = re.compile(r"列\d+")
_MAX_DIGITS, _ID_DIGITS = 8, 5
_MAX_CHARS = 60
_YES_NO = frozenset(["true", "false", "是", "否", "yes", "no", "y", "n", "0", "1", "有", "无"])


def is_kept(column: str, looks: Looks | None) -> bool:
    """Whether a column that is about no person is stored as an extra value.

    Args:
        column: Its header.
        looks: What it looks like; ``None`` if it was not among the first rows.
    """
    if looks is None:
        return _is_allowed(column)
    if not looks.filled or looks.links >= 0.5:
        return False
    if {value.casefold() for value in looks.values} <= _YES_NO:
        return True
    if _ID.search(column):
        return False  # whose id nobody knows
    if looks.numbers >= 0.9 and _NUMBERED.fullmatch(column):
        # Without a header nobody can tell whose id long numbers are.
        return max(map(len, looks.values)) < _ID_DIGITS
    if looks.numbers >= 0.9:
        return max(sum(map(str.isdigit, value)) for value in looks.values) <= _MAX_DIGITS
    if looks.times >= 0.9:
        return True
    return _is_allowed(column) and looks.chars <= _MAX_CHARS


@cache
def _is_allowed(column: str) -> bool:
    own = own_name(column)
    if own is None:
        return False
    words = {word.casefold() for word in _WORD.findall(own)}
    loose = fold(unicodedata.normalize("NFKC", own).casefold())
    return any(
        name in words if name.isascii() else name in loose
        for name in read_toml("extras.toml")["names"]
    )
