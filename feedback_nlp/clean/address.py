"""Finds house-level addresses; province, city and district are kept for analysis.

A street with a number counts only in company (a district before it, a room after it or
a word such as 收货), so that 地铁2号线 and 线路3号 stay.

Source: docs/decisions/0007-redaction.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_ROOM = r"[a-z]?[0-9]{2,5}(?:室|房间|房|户|号房|号)?"
_HOUSE = (
    r"(?:[0-9]{1,4}|(?<![a-z])[a-z][0-9]{0,2})(?:号楼|栋|幢|座)"
    r"(?:[0-9一二三四五六七八九]{1,2}(?:单元|门))?(?:[0-9]{1,2}[楼层])?" + _ROOM
)
_UNIT = r"[0-9一二三四五六七八九]{1,2}单元" + _ROOM
_NUMBER = r"[0-9]{1,5}(?:号|弄)院?"
_STREET_NUMBER = re.compile(
    rf"(?:路|街|大道|巷|弄|胡同|村|组){_NUMBER}(?![线楼])"
    rf"([一-鿿]{{0,10}}(?:{_HOUSE}|{_UNIT})|{_NUMBER}(?:[0-9]{{2,5}}[室房])?|[0-9]{{2,5}}[室房])?"
    rf"|(?:路|街|大道|巷|弄|胡同|村|组)([0-9]{{1,5}}号楼{_ROOM})"
)
_BUILDING = re.compile(rf"(?<![0-9])(?:{_HOUSE}|{_UNIT})(?![0-9])")
_BUILDING_WORDS = ("号楼", "栋", "幢", "座", "单元")
_NAME_LIMIT = re.compile(r"[省市区县镇乡旗州盟在住到于址是家:，。,.;；!！?？、\s〕）)]")
_DISTRICT = re.compile(r"[省市区县镇乡旗]")
_COMPANY = re.compile(r"地址|住|收货|寄|送|小区|家在|搬")
_NOT_A_STREET = frozenset("线公铁网电思出套")
_NAME_CHARS = 8
_COMPANY_CHARS = 20


def find_addresses(folded: str) -> Iterator[tuple[int, int]]:
    """Yield ``(start, end)`` of house-level addresses in a folded (half-width, lower) text."""
    if "号" in folded or "弄" in folded:
        for match in _STREET_NUMBER.finditer(folded):
            start = _street_start(folded, match)
            if start is not None:
                yield start, match.end()
    if not any(word in folded for word in _BUILDING_WORDS):
        return
    for match in _BUILDING.finditer(folded):
        yield match.start(), match.end()


def _street_start(folded: str, match: re.Match[str]) -> int | None:
    """Return where the street's name begins, or ``None`` if this is no private address."""
    left = match.start()
    before = folded[max(0, left - _COMPANY_CHARS) : left]
    if match[1] is None and match[2] is None:
        if before[-1:] in _NOT_A_STREET:
            return None
        if not (_DISTRICT.search(before) or _COMPANY.search(before)):
            return None
    window = folded[max(0, left - _NAME_CHARS) : left]
    name_start = max((limit.end() for limit in _NAME_LIMIT.finditer(window)), default=0)
    return left - len(window) + name_start
