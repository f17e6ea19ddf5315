"""Finds numbers that are personal by themselves: phones, identity and bank cards.

A number may be written in groups (138 0000 1234, 4-4-3, digit by digit). Groups that
stand near one another are joined, never more than 19 digits, so the time is linear in
the text. What speaks against a phone is a unit behind it or a count before it.

Source: docs/decisions/0007-redaction.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from feedback_nlp.clean.checksums import has_identity_check, is_identity_card, passes_luhn
from feedback_nlp.clean.codes import MARK_WORDS
from feedback_nlp.clean.findings import PersonalDatum, digits_of, is_date
from feedback_nlp.clean.folding import DIVIDERS
from feedback_nlp.clean.telephone import (
    is_chinese_number,
    is_international_number,
    may_be_international_number,
)

_GAP = re.compile(f"[{DIVIDERS}]{{1,4}}| ?{MARK_WORDS} ?")
# A group, and whether the next one stands near it; of a run nobody can dial, its beginning.
_GROUP = re.compile(rf"([0-9](?<![0-9].)[0-9]{{0,39}})(?:(?=(?:{_GAP.pattern})([0-9]))|)")
_MOST_DIGITS, _FEWEST_DIGITS = 19, 7
# How many digits a number may have that begins with one: a card from twelve on, a line in town
# seven or eight, with its area (0…, 86…) ten or eleven, a mobile number eleven.
_MAY_HAVE = {
    **dict.fromkeys("234567", frozenset({7, 8, *range(12, 20)})),
    "8": frozenset({7, 8, *range(11, 20)}),
    "0": frozenset(range(10, 20)),
    "1": frozenset(range(11, 20)),
    "9": frozenset(range(12, 20)),
}
_MOST_GROUPS = 6  # 4-4-4-4-3, 2-2-2-2-2-1; more only digit by digit
_PAIRS = 9  # 11 01 05 19 …: an identity card
_MARKS = f"[{DIVIDERS}]{{1,2}}"
_PAIRWISE = re.compile(
    f"(?<![0-9])[1-9][0-9]{_MARKS}[0-9]{{2}}{_MARKS}[0-9]{{2}}{_MARKS}(?:19|20){_MARKS}[0-9]{{2}}{_MARKS}[01][0-9]"
    f"{_MARKS}[0-3][0-9]{_MARKS}[0-9]{{2}}{_MARKS}[0-9]{{2}}(?![0-9])"
)
_FEWEST_SPELT, _FEW_SPELT = 3, 4
_BEFORE_CHARS = 14
_LABEL_END = r"[号码为是叫的填: (\"“#【「\[\-]{0,8}$"

_PHONE_WORD = re.compile(
    r"手机|电话|号码|联系|致电|回电|来电|拨|打|短信|呼|(?:tel|phone|mobile|call|mob)[a-z]{0,8}\.?$"
)
_IDENTITY_WORD = re.compile(
    rf"(?:身份证|身份|证件|实名|id ?card|(?<![a-z])sfz){_LABEL_END}|身份证[^0-9,。]{{0,4}}$"
)
_CARD_WORD = re.compile(
    rf"(?:银行卡|银行|[工农建中交招]行|邮储|农商行?|卡号|账号|账户|信用卡|储蓄卡|借记卡|工资卡|存折|收款|卡){_LABEL_END}"
)
_LOCAL_WORD = re.compile(
    rf"(?:电话|座机|固话|(?<![a-z])tel|总机|总台|传真|号码|热线|家里|家中|单位|公司|店里|所里|办公室|值班室|门卫室?|前台|[拨打回]|致电|回电|来电|呼叫|订位|订座|预约|咨询台){_LABEL_END}"
)
_PHONE_NEAR = re.compile(r"电话|打|拨|座机|固话|接通|占线|忙音|没人接|回电")
_PHONE_NEAR_CHARS = 30
_EXTENSION = re.compile(
    r" ?(?:\(?(?:转接?|分机号?|内线|ext\.?|#)[: 分机拨]{0,4}|-)([0-9]{1,6})(?![0-9])\)?"
)
_AREA_STATED = re.compile(r"区号[^0-9]{0,2}0[0-9]{2,3}[^0-9]{0,3}号码[是为: ]{0,3}$")
_LETTERS = re.compile(r"[a-z]{1,14}$")
_LETTERS_OF_PHONES = re.compile(
    r"(?:tel|phone|mobile|mob|call|v|vx|wx|wechat|weixin|qq|t|m|and|or)$"
)
_UNIT = re.compile(
    r" ?(?:%|次|元|块|万|亿|公里|千米|米|步|字节|字|条|件|个|分(?![机钟店])|度|点|毫?秒|ms|积分|金币|金豆|钻石|点券|元宝|经验|粉丝|播放|人(?![工家])|km|kb|mb|gb|支|克|亩|\+)"
)
_COUNTED = re.compile(
    r"(?:播放|浏览|阅读|点赞|伤害|战力|积分|金币|销量|月销|评论数|库存|版本|编码|条码|build|sku|[¥$=^√≈π])[量数了已经达到高为是约有 :]{0,6}$"
    r"|(?:型号|料号|货号|编号|设备号|序列号|[a-z]{0,9}id)[^0-9]{0,3}$"
)
# How people group the digits of a mobile number; all digits apart is always allowed.
_MOBILE_GROUPS = {
    *((11,), (3, 4, 4), (4, 4, 3), (4, 3, 4), (5, 6), (6, 5), (3, 8), (7, 4), (4, 7), (8, 3)),
    *((3, 3, 5), (3, 5, 3), (5, 3, 3), (2, 3, 3, 3), (3, 2, 3, 3), (3, 3, 2, 3), (3, 3, 3, 2)),
    *(
        (2, 2, 2, 2, 2, 1),
        (1, 2, 2, 2, 2, 2),
        (3, 2, 2, 2, 2),
        (3, 2, 2, 4),
        (3, 4, 2, 2),
        (7, 2, 2),
        (1, 1, 1, 8),
        (5, 2, 4),
    ),
}
_DECIMAL = {(3, 8), (4, 7), (2, 3, 3, 3), (8, 3), (7, 4)}  # with one mark, a price or a length
_LINE_GROUPS = {
    *((3, 8), (4, 8), (4, 7), (3, 4, 4), (4, 4, 4), (4, 3, 4), (3, 7), (3, 3, 4)),
    *((10,), (11,), (12,), (3, 1, 7)),
}
_CALLED = re.compile(
    r"(?:这个?号码?|号码?)?[, ]?(?:打过去|打了|一?直?没人接|一?直?打不通|是空号|一直占线|忙音|无人接听|一直没人)"
)
_GROUP_BEFORE = re.compile("[0-9][ .-]?$")
_YEARS = re.compile("(?:19|20)[0-9]{2}(?:19|20)[0-9]{2}")
_LOCAL_GROUPS = {(7,), (8,), (4, 4), (3, 4)}
_FOREIGN = re.compile(r"(?<![0-9+])(\+|00)([1-9](?:[ \-()]{0,2}[0-9]){7,14})(?![0-9])")
_GROUPED_LIKE_ONE = re.compile(r"^[0-9]{1,3}[ \-()]{1,2}[0-9]{2,4}[ \-()]{1,2}[0-9]{3}")
_MISTYPED = re.compile(r"[1li][3-9][0-9oil]{9}(?![0-9a-z])")
_MISTYPED_DIGITS = str.maketrans("oil", "011")
_CARD_START = re.compile(r"62|4|5[1-5]|3[4-7]|60|9[0-9]|8[0-9]|6[0-9]")
_NOT_A_CARD = re.compile(
    r"(?:码|ean|isbn|书号|sku|货号|编号|日志|trace|版本|许可证|id|=|π|√|≈|\^)[^0-9]{0,4}$"
)


class _Number(NamedTuple):
    """Neighbouring groups of digits, joined."""

    start: int
    end: int
    digits: str
    sizes: tuple[int, ...]
    mark: str

    @property
    def is_spelt(self) -> bool:
        return len(self.sizes) >= 7 and set(self.sizes) == {1}


def find_numbers(folded: str) -> Iterator[PersonalDatum]:
    """Yield personal numbers of a folded text, in order, not overlapping."""
    groups: list[tuple[int, int]] = []
    linked: list[bool] = []
    for match in _GROUP.finditer(folded):
        groups.append(match.span())
        linked.append(match.lastindex == 2)
    index = checked = 0
    while index < len(groups):
        if index == checked:
            checked, digits = _neighbours(groups, linked, index)
            if digits < _FEWEST_DIGITS:
                index = checked
                continue
        start, end = groups[index]
        spelt = _spelt_count(groups, linked, index) if end - start == 1 else 1
        if spelt >= _FEWEST_SPELT:
            windows = [_joined(folded, groups[index : index + spelt])]
            windows = windows if spelt <= _MOST_DIGITS else []
            if spelt <= _FEW_SPELT:  # 1 3 8 00001234
                windows += _numbers(folded, groups, linked, index)
        else:
            spelt = 1
            windows = list(_numbers(folded, groups, linked, index))
            if end - start == 2 and _PAIRWISE.match(folded, start):
                windows.append(_joined(folded, groups[index : index + _PAIRS]))
        found = _first(folded, windows)
        if found is None:
            index += spelt
            continue
        datum, taken = found
        yield datum
        index += taken


def _neighbours(
    groups: Sequence[tuple[int, int]], linked: Sequence[bool], index: int
) -> tuple[int, int]:
    """Return where the groups end that stand near one another from ``index`` on, and their digits."""
    digits = 0
    while True:
        start, end = groups[index]
        digits += end - start
        index += 1
        if not linked[index - 1]:
            return index, digits


def _spelt_count(groups: Sequence[tuple[int, int]], linked: Sequence[bool], index: int) -> int:
    """Return how many single digits stand side by side from ``index`` on.

    Such a run is one number or none: looking at every part of it would cost its square.
    """
    last = index
    while linked[last] and groups[last + 1][1] - groups[last + 1][0] == 1:
        last += 1
    return last - index + 1


def _joined(folded: str, groups: Sequence[tuple[int, int]]) -> _Number:
    digits = "".join(folded[left:right] for left, right in groups)
    sizes = tuple(right - left for left, right in groups)
    mark = folded[groups[0][1] : groups[1][0]].strip(" ()")
    return _Number(groups[0][0], groups[-1][1], digits, sizes, mark)


def find_foreign_numbers(folded: str) -> Iterator[PersonalDatum]:
    """Yield numbers with a country code."""
    if "+" in folded or "00" in folded:
        for match in _FOREIGN.finditer(folded):
            number = "+" + digits_of(match[2]).removeprefix("86")
            grouped = _GROUPED_LIKE_ONE.search(match[2]) is not None
            if is_international_number(number) or (grouped and may_be_international_number(number)):
                yield PersonalDatum(*match.span(), "电话", number)


def find_mistyped_numbers(folded: str) -> Iterator[PersonalDatum]:
    """Yield mobile numbers with letters for digits: 138OOOO1234."""
    for match in _MISTYPED.finditer(folded):
        before = folded[match.start() - 1 : match.start()]
        digits = sum(map(str.isdigit, match[0]))
        if 5 <= digits < len(match[0]) and not (before.isascii() and before.isalnum()):
            yield PersonalDatum(*match.span(), "手机号", match[0].translate(_MISTYPED_DIGITS))


def _first(folded: str, windows: Sequence[_Number]) -> tuple[PersonalDatum, int] | None:
    """Return the most telling of numbers that begin at one place, and how many groups it has."""
    for number in reversed(windows):
        before = folded[max(0, number.start - _BEFORE_CHARS) : number.start]
        kind = _kind(folded, number, before)
        if kind is None:
            continue
        if kind == "身份证" and len(number.digits) == 17:
            end = _check_letter(folded, number)
            datum = PersonalDatum(number.start, end, kind, number.digits + "x")
        else:
            start, digits = _without_country(folded, number)
            end = number.end
            if kind == "座机" and (extension := _EXTENSION.match(folded, end)):
                end = extension.end()
            datum = PersonalDatum(start, end, kind, digits)
        return datum, len(number.sizes)
    return None


def _numbers(
    folded: str, groups: Sequence[tuple[int, int]], linked: Sequence[bool], index: int
) -> Iterator[_Number]:
    """Yield the groups from ``index`` on joined, where a number may have as many digits."""
    start, end = groups[index]
    total, mark = end - start, ""
    may_have = _MAY_HAVE[folded[start]]
    if total in may_have:
        yield _Number(start, end, folded[start:end], (total,), "")
    for last in range(index + 1, index + _MOST_GROUPS):
        if not linked[last - 1]:
            return
        left, right = groups[last]
        total += right - left
        if total > _MOST_DIGITS:
            return
        sign = folded[end:left].strip(" ()[]【】")
        if sign and mark and sign != mark:
            return
        mark = mark or sign
        end = right
        if total in may_have:
            chosen = groups[index : last + 1]
            digits = "".join([folded[left:right] for left, right in chosen])
            yield _Number(start, end, digits, tuple([stop - begin for begin, stop in chosen]), mark)


def _kind(folded: str, number: _Number, before: str) -> str | None:
    """Return what the number is, or ``None`` if it is nobody's."""
    digits = number.digits
    if len(digits) > _MOST_DIGITS or len(digits) < _FEWEST_DIGITS:
        return None
    if before.endswith(".") and before[-2:-1].isdigit():
        return None
    if _is_identity(folded, number, before):
        return "身份证"
    if _is_card(folded, number, before):
        return "银行卡"
    if _is_mobile(folded, number, before):
        return "手机号"
    if _is_line(folded, number, before):
        return "座机"
    return None


def _is_identity(folded: str, number: _Number, before: str) -> bool:
    digits = number.digits
    if len(digits) not in {15, 17, 18} or digits[0] == "0":
        return False
    if len(digits) == 18:
        return has_identity_check(digits) or _IDENTITY_WORD.search(before) is not None
    if len(digits) == 17:
        return _check_letter(folded, number) > number.end and (
            has_identity_check(digits + "x") or _IDENTITY_WORD.search(before) is not None
        )
    if number.sizes[0] in (6, 15) and is_identity_card(digits):
        return True
    return _IDENTITY_WORD.search(before) is not None


def _check_letter(folded: str, number: _Number) -> int:
    """Return where the number ends if an x follows as its check digit, else its end."""
    end = number.end
    for gap in range(3):
        sign = folded[end + gap : end + gap + 1]
        after = folded[end + gap + 1 : end + gap + 2]
        if sign in {"x", "×"} and not (after.isascii() and after.isalnum()):
            return end + gap + 1
        if not _GAP.fullmatch(sign):
            break
    return end


def _is_card(folded: str, number: _Number, before: str) -> bool:
    digits = number.digits
    if len(digits) < 12 or not _is_card_shape(number):
        return False
    if _CARD_WORD.search(before):
        return len(set(digits)) > 2
    if len(digits) < 15 or _NOT_A_CARD.search(before) or _UNIT.match(folded, number.end):
        return False
    return _CARD_START.match(digits) is not None and len(set(digits)) > 2 and passes_luhn(digits)


def _is_card_shape(number: _Number) -> bool:
    sizes = number.sizes
    return len(sizes) == 1 or number.is_spelt or min(sizes[:-1]) >= 4


def _is_mobile(folded: str, number: _Number, before: str) -> bool:
    digits = _without_country(folded, number)[1]
    if len(digits) != 11 or digits[0] != "1" or digits[1] not in "3456789":
        return False
    shape = number.sizes
    if len(digits) < len(number.digits):
        shape = _without_86(shape)
    told = _PHONE_WORD.search(before) is not None
    if not (number.is_spelt or shape in _MOBILE_GROUPS or (told and number.mark in {"", "-"})):
        return False
    if number.mark in {".", ","} and shape in _DECIMAL and (number.mark, shape) != (",", (3, 8)):
        return False
    letters = _LETTERS.search(before)
    if letters and not told and not _LETTERS_OF_PHONES.search(letters[0]):
        return False
    return told or not (_UNIT.match(folded, number.end) or _COUNTED.search(before))


def _without_country(folded: str, number: _Number) -> tuple[int, str]:
    """Return the start and digits of a mobile number without 86 or 0086; the span keeps them."""
    digits = number.digits
    for prefix in ("0086", "86"):
        if len(digits) == 11 + len(prefix) and digits.startswith(prefix + "1"):
            plus = folded[number.start - 1 : number.start] == "+"
            return number.start - plus, digits[len(prefix) :]
    return number.start, digits


def _without_86(sizes: tuple[int, ...]) -> tuple[int, ...]:
    return sizes[1:] if sizes[0] in (2, 4) else (sizes[0] - 2, *sizes[1:])


def _is_line(folded: str, number: _Number, before: str) -> bool:
    digits, sizes = number.digits, number.sizes
    if digits.startswith("86") and before.endswith(("+", "00")) and 11 <= len(digits) <= 14:
        return is_chinese_number("0" + digits[2:].removeprefix("0"))
    if digits.startswith("86") and sizes[0] == 2 and len(sizes) in (3, 4) and number.mark == "-":
        return is_chinese_number("0" + digits[2:])  # 86-10-…
    if digits[0] == "0" and 10 <= len(digits) <= 12:
        if sizes == (4, 7) and is_chinese_number(f"{digits[:4]}8{digits[4:]}"):
            return True  # as it was written before the town had eight digits
        if _LOCAL_WORD.search(before) and digits[1] != "0":
            return True  # told to be one: the plan of numbers need not know it
        grouped = sizes in _LINE_GROUPS or number.is_spelt or min(sizes) >= 3
        return grouped and is_chinese_number(digits)
    if digits[0] in "2345678" and len(digits) in (7, 8):
        if not (sizes in _LOCAL_GROUPS or number.is_spelt):
            return False
        if is_date(digits) or _UNIT.match(folded, number.end) or _COUNTED.search(before):
            return False
        if len(sizes) == 1 and _CALLED.match(folded, number.end):
            return not _GROUP_BEFORE.search(before)
        if _LOCAL_WORD.search(before) or _AREA_STATED.search(before):
            return True
        return _is_told_nearby(folded, number, before)
    return False


def _is_told_nearby(folded: str, number: _Number, before: str) -> bool:
    """Tell whether 3169-8987 stands in a sentence about calling."""
    if (
        _GROUP_BEFORE.search(before)
        or number.mark != "-"
        or len(number.sizes) != 2
        or _YEARS.fullmatch(number.digits)
    ):
        return False
    near = folded[max(0, number.start - _PHONE_NEAR_CHARS) : number.end + _PHONE_NEAR_CHARS]
    return _PHONE_NEAR.search(near) is not None
