"""Finds house-level addresses; province, city, district and estate are kept for analysis.

A street with a number counts only in company (a district before it, a room after it or
a word such as 收货), so that 地铁2号线 and 线路3号 stay; 8-6-501 counts after a word for a
home or an estate.

Source: docs/decisions/0007-redaction.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_N = "[0-9零〇一二三四五六七八九十百]"
_ROOM_DIGITS = "(?:[0-9]{2,5}|[零〇一二三四五六七八九]{3,4})"
_ROOM = rf"[a-z]?{_ROOM_DIGITS}[a-z]?(?: ?(?:室|房间|房|户|号房|号))?(?![0-9])"
_BUILDING_END = "(?:号(?:宿舍|公寓|学生)?楼|#楼?|栋|幢|座|舍|楼(?= ?[0-9一二三四五六七八九十]{1,3} ?(?:单元|门)))"
_HOUSE = (
    rf"(?:{_N}{{1,4}}|(?<![a-z])[a-z][0-9]{{0,2}}) ?{_BUILDING_END} ?"
    rf"[/\-]?(?:(?:{_N}{{1,3}}|[a-z]) ?(?:单元|门|-) ?)?/?(?:{_N}{{1,3}}[楼层] ?)?{_ROOM}"
)
_HOUSE_AND_FLOOR = rf"(?:{_N}{{1,3}}|[a-z][0-9]?) ?(?:号楼|[栋幢座]) ?{_N}{{1,3}} ?[楼层]"
_HOUSE_AND_UNIT = rf"{_N}{{1,4}} ?(?:号楼|#楼?|栋|幢|楼) ?{_N}{{1,3}} ?单元"
_UNIT = rf"{_N}{{1,2}}单元 ?{_ROOM}"
_GATE = r"[0-9]{1,4}号 ?[0-9]{3,4}室|(?<=[家住在])[0-9]{3,4}[室户]"
_BLOCK = r"(?:(?:[a-z][0-9]?|[0-9]{1,2})区 ?)?[0-9]{1,2}街 ?[0-9]{1,3} ?[座号栋幢]"
_FLOOR = rf"{_N}{{1,3}}楼 ?[a-z]?[0-9]{{3,4}} ?(?:室|号(?![线桌]))"
_NUMBER = r" ?[甲乙丙]?[0-9]{1,5} ?(?:号|弄)[甲乙]?院?"
_STREET = r"[路街道巷弄同村组里](?:[东南西北村][头边口]|[东南西北中]?段?|[一二三四五六七八九十]段)"
_STREET_NUMBER = re.compile(
    rf"{_STREET}{_NUMBER}(?![线楼口车])"
    rf"( ?[一-鿿]{{0,10}} ?(?:{_HOUSE}|{_HOUSE_AND_UNIT}|{_UNIT}|{_HOUSE_AND_FLOOR})"
    rf"| ?[一-鿿]{{2,10}}(?:大厦|大楼|中心|广场|公寓|新城|办公楼|写字楼) ?(?:(?:[a-z]|[0-9]{{1,2}})[区座栋期塔] ?)?(?:{_N}{{1,3}}[楼层]|[0-9]{{3,4}}[室房]?)"
    rf"|(?:附|增)?[0-9]{{0,3}}号? ?{_N}{{1,2}}[楼层]|[附增][0-9]{{1,3}}号"
    rf"|{_NUMBER}(?: ?[0-9]{{2,5}}(?:[室房]|(?![0-9])))?| ?[0-9]{{2,5}}[室房])?"
    rf"|{_STREET}( ?[0-9]{{1,5}}号楼 ?(?:[a-z]区 ?)?{_ROOM})"
)
_BUILDING = re.compile(
    rf"(?<![0-9])(?<!第)(?:{_HOUSE}|{_HOUSE_AND_UNIT}|{_UNIT}|{_FLOOR}|{_GATE}|{_BLOCK})(?![0-9])"
)
_HINT = re.compile(
    r"[0-9a-z零〇一二三四五六七八九十百](?: ?(?:号[楼房]|[#栋幢舍]|单元)|(?<=[0-9a-z]) ?座"
    r"|(?<=[0-9]{3}) ?[室户房]| ?[楼层] ?[a-z]?[0-9]{3}| ?号(?:宿舍|公寓|学生)楼)"
)
_SERIES_HINT = re.compile(r"[0-9][栋幢号#]?[\-/#][0-9]")
_ESTATE = re.compile(
    "(?:小区|[业园厂校社]区|住院部|病区|花园|家园|公寓|大厦|大楼|广场|写字楼|中心|新村|山庄|公馆|国际|[苑府庭郡墅园城湾]|和里|[一二三四五]期) ?$"
)
_ESTATE_CHARS = 5
_IN_ESTATE = re.compile(
    rf"{_N}{{1,3}} ?(?:栋|幢|号楼)(?!别墅)(?: ?{_N}{{1,3}}[楼层])?|(?:{_N}{{1,3}}[楼层] ?)?(?:[a-z]座 ?)?[a-z]?[0-9]{{3,5}} ?(?:室|房(?!间)|号房|户)"
    rf"|{_N}{{1,3}}[楼层] ?[0-9]{{3,4}}"
)
_SERIES = re.compile(
    r"(?<![0-9a-z\-/.#])([a-z]?[0-9]{1,3}[a-z]?[栋幢号#]?[\-/#][0-9]{1,2}[\-/][0-9]{3,4})(?: ?[室户])?(?![0-9\-/.])"
)
_DORMITORY = re.compile(r"(?:宿舍楼?|公寓|学生楼|舍) ?([0-9]{1,2}-[0-9]{3,4})(?![0-9\-])")
_PARKING = re.compile(r"(?:车库|车位) ?([a-z]?[0-9]?-?[0-9]{1,4}号?车位)")
_SERIES_COMPANY = re.compile(
    r"小区|花园|家园|公寓|大厦|新村|山庄|公馆|国际|[苑府庭郡墅园城湾]|地址|住|收货|寄|送|放|我家|家在|搬|户|邻居|业主|楼|宿舍|门牌|上门"
)
_NO_SERIES = re.compile(r"kda|战绩|版本|比分|配装|连招|关卡|型号")
_AFTER_SERIES = re.compile(r" ?[室户住]|门口|业主")
_NOT_A_ROOM = re.compile(
    r" ?(?:[题词课页讲分节道个天款年元块万度次人名层平至千型]|\.[0-9]|公里|m2|m²|㎡)"
)
_NAME_LIMIT = re.compile(r"[省市区县镇乡旗州盟在住到于址是家给寄送写(:，。,.;；!！?？、\s〕）)\0]")
_DISTRICT = re.compile(r"[省市区县镇乡旗]")
_COMPANY = re.compile(
    r"地址|住|收货|寄|送|小区|家在|搬|上门|快递|邮|[村镇]|我在|放[到在]|发[到错]|导航|停在|位于|门牌|投诉|报修"
)
_NOT_A_STREET = frozenset("线公铁网电思出套")
_HINT_CHARS = 24
_NAME_CHARS = 8
_COMPANY_CHARS = 20


def find_addresses(folded: str) -> Iterator[tuple[int, int]]:
    """Yield ``(start, end)`` of house-level addresses in a folded (half-width, lower) text."""
    if "号" in folded or "弄" in folded:
        for match in _STREET_NUMBER.finditer(folded):
            start = _street_start(folded, match)
            if start is not None:
                yield start, match.end()
    if _HINT.search(folded):
        yield from _houses(folded)
    if _SERIES_HINT.search(folded):
        yield from _series(folded)


def _houses(folded: str) -> Iterator[tuple[int, int]]:
    """Yield houses and rooms; only near the hints, since the patterns are slow to start."""
    for left, right in _windows(folded):
        for match in _BUILDING.finditer(folded, left, right):
            if not _NOT_A_ROOM.match(folded, match.end()):
                yield match.span()
        for match in _IN_ESTATE.finditer(folded, left, right):
            before = folded[max(0, match.start() - _ESTATE_CHARS) : match.start()]
            if _ESTATE.search(before):
                yield match.span()


def _windows(folded: str) -> Iterator[tuple[int, int]]:
    """Yield the stretches around hints, merged where they overlap."""
    left = right = -1
    for hint in _HINT.finditer(folded):
        if hint.start() - _HINT_CHARS > right:
            if right >= 0:
                yield left, right
            left = max(0, hint.start() - _HINT_CHARS)
        right = hint.end() + _HINT_CHARS
    if right >= 0:
        yield left, right


def _series(folded: str) -> Iterator[tuple[int, int]]:
    """Yield 8-6-501 and its like where a home is spoken of."""
    for match in _SERIES.finditer(folded):
        before = folded[max(0, match.start() - _COMPANY_CHARS) : match.start()]
        last = re.split(r"[\-/]", match[1])[-1]
        if _NO_SERIES.search(before) or (len(last) == 4 and last[:2] in {"19", "20"}):
            continue
        if (
            "#" in match[1]
            or _SERIES_COMPANY.search(before)
            or _is_room(before, last)
            or _AFTER_SERIES.match(folded, match.end(1))
        ):
            yield match.span()
    for pattern in (_DORMITORY, _PARKING):
        yield from (match.span(1) for match in pattern.finditer(folded))


def _is_room(before: str, last: str) -> bool:
    """Tell whether a series right behind a word ends in a number that a door may have."""
    return "一" <= before[-1:] <= "鿿" and 1 <= int(last[-2:]) <= 12


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
