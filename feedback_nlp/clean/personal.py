"""Finds personal data: what kind, where, and its canonical value.

All patterns work on a length-preserving fold of the text (half-width, lower case), so
that spans are valid in the text itself. Repetitions are bounded or delimited and no
quantifier nests in another over the same characters: matching stays linear.

Source: docs/decisions/0007-redaction.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from feedback_nlp.clean.address import find_addresses
from feedback_nlp.clean.checksums import is_identity_card, passes_luhn
from feedback_nlp.clean.telephone import is_chinese_number, is_international_number


class PersonalDatum(NamedTuple):
    """One find: ``text[start:end]``, the Chinese word for its kind, its canonical value."""

    start: int
    end: int
    kind: str
    value: str


@dataclass(frozen=True)
class _Rule:
    """A pattern, the group that is personal, and a test of the canonical value.

    ``hints``: one of these must stand in the folded text; none means seven digits near
    one another. ``starts``: their first characters. They only save time.
    """

    kind: str
    pattern: re.Pattern[str]
    group: int
    accepts: Callable[[str], bool]
    hints: tuple[str, ...] = ()

    @cached_property
    def starts(self) -> frozenset[str]:
        return frozenset(hint[0] for hint in self.hints)


def _fold_table() -> dict[int, str]:
    # str.lower() may change the length, so only ASCII letters are lowered.
    table = {ord(dash): "-" for dash in "‐‑‒–—―−－"}
    table |= {ord(blank): " " for blank in "\u00a0\u2002\u2003\u2009\u202f\u3000\t"}
    for code in range(0x21, 0x7F):
        table.setdefault(code + 0xFEE0, chr(code).lower())
    table |= {code: chr(code).lower() for code in range(0x41, 0x5B)}
    return table


_FOLD = _fold_table()


def _unfolded(signs: str) -> str:
    """Return, for a character class, ``signs`` and all that folds to one of them."""
    return re.escape(signs + "".join(chr(code) for code, sign in _FOLD.items() if sign in signs))


_NUMERALS = str.maketrans("零〇一幺二两三四五六七八九", "0011223456789")
_LABEL = r"[号码为是: #]{0,6}"

_WORTH_A_LOOK = re.compile(r"[0-9@０-９＠]|[A-Za-zＡ-Ｚａ-ｚ][A-Za-z0-9Ａ-Ｚａ-ｚ０-９_\-]{4}")
# Every rule needs one of these in the text as it came in. An at sign; four letters, digits
# or dashes in a row, a digit among them; seven digits near one another; a digit and ten
# digits, blanks or dashes (a stated card); a house or street number (an address). Only a
# WeChat name may be all letters.
_D = f"[{_unfolded('0123456789')}]"
_L = f"[{_unfolded('abcdefghijklmnopqrstuvwxyz')}]"
_W = f"[{_unfolded('0123456789abcdefghijklmnopqrstuvwxyz_-')}]"
_TELLING = re.compile(
    f"[@＠]|{_D}{_W}{{3}}|{_W}{_D}{_W}{{2}}|{_W}{{2}}{_D}{_W}|{_W}{{3}}{_D}"
    rf"|{_D}(?:[{_unfolded(' ().-')}]{{0,2}}{_D}){{6}}|{_D}[{_unfolded('0123456789 -')}]{{10}}"
    f"|(?:{_D}|{_L})[号弄栋幢座]|(?:{_D}|[一二三四五六七八九])单元"
)
_WECHAT_SIGN = re.compile(f"[微薇{_unfolded('v')}]|威信|[{_unfolded('w')}][{_unfolded('xe')}]")
_NAME = re.compile(f"{_W}{{5}}")
_SEVEN_DIGITS = re.compile(r"[0-9](?:[ ()\-.]{0,2}[0-9]){6}")
_SPOKEN = re.compile(r"[零〇一幺二两三四五六七八九]{11}")
_NOT_CANONICAL = re.compile(r"[ ()+#:,]|(?<=[0-9a-z])[\-.·•](?=[0-9a-z])")

_EMAIL = re.compile(
    r"(?<![a-z0-9._%+\-])[a-z0-9._%+\-]{1,64}@[a-z0-9\-]{1,63}(?:\.[a-z0-9\-]{1,63}){1,4}"
)
_MOBILE = re.compile(
    r"(?<![0-9])(?<![0-9]\.)(?:(?:\+|00)?86[ \-]{0,2})?"
    r"(1[3-9][0-9](?:[ \-.]?[0-9]{4}[ \-.]?[0-9]{4}|[0-9][ \-][0-9]{3}[ \-][0-9]{4}"
    r"|[ \-][0-9]{3}[ \-][0-9]{5})|1(?:[ \-][0-9]){10})(?![0-9])"
)
_FOREIGN = re.compile(r"(?<![0-9+])(\+[1-9](?:[ \-]?[0-9]){7,14})(?![0-9])")
_SPOKEN_MOBILE = re.compile(
    r"(?<![零〇一幺二两三四五六七八九])([一幺][三四五六七八九][零〇一幺二两三四五六七八九]{9})"
    r"(?![零〇一幺二两三四五六七八九])"
)
_LANDLINE = re.compile(
    r"(?<![0-9.])(?:(?:\+|00)?86[ \-]?)?"
    r"(\(0[1-9][0-9]{1,2}\)[ \-]?[2-8][0-9]{6,7}|0[1-9][0-9]{1,2}[ \-]?[2-8][0-9]{2,3}[ \-]?[0-9]{4})"
    r"(?:(?:-|转)[0-9]{1,5})?(?![0-9])"
)
_LOCAL_LINE = re.compile(
    rf"(?:电话|座机|固话|tel){_LABEL}([2-8][0-9]{{2,3}}[ \-]?[0-9]{{4}})(?![0-9\-])"
)
_IDENTITY = re.compile(r"(?<![0-9])([1-9](?:[ \-]?[0-9]){16}[ \-]?[0-9x]|[1-9][0-9]{14})(?![0-9])")
_STATED_IDENTITY = re.compile(rf"身份证{_LABEL}([1-9][0-9]{{13,16}}[0-9x])(?![0-9])")
_CARD = re.compile(
    r"(?<![0-9])([0-9]{13,19}|[0-9]{4}(?:[ \-][0-9]{4}){2,3}(?:[ \-][0-9]{1,4})?"
    r"|[0-9]{6}[ \-][0-9]{13})(?![0-9])"
)
_STATED_CARD = re.compile(
    rf"(?:银行卡|卡号|账号|帐号|信用卡|储蓄卡){_LABEL}([0-9][0-9 \-]{{10,22}}[0-9])(?![0-9])"
)
_PASSPORT = re.compile(rf"(?:护照|通行证|passport){_LABEL}([a-z]{{1,2}}[0-9]{{7,8}})(?![0-9a-z])")
_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_PLATE = re.compile(
    rf"([{_PROVINCES}][a-hj-np-z][ ·•.\-]?"
    r"(?:[df][a-hj-np-z0-9][0-9]{4}|[0-9]{5}[df]|[a-hj-np-z0-9]{5}|[a-hj-np-z0-9]{4}[挂学警港澳]))"
    r"(?![0-9a-z])"
)
_ORDER = re.compile(
    r"(?:订单编号|订单号|订单id|快递号|物流号|单号|运单|流水号|交易号|order ?(?:no|id|number))"
    rf"{_LABEL}([a-z]{{0,4}}[0-9][0-9a-z\-]{{4,30}})"
)
_BARE_ORDER = re.compile(r"(?:订单|快递|包裹)[是为: #(]{0,4}([a-z]{0,4}[0-9]{8,30})(?![0-9a-z])")
_WECHAT_NAME = (
    r"(?:微信|薇信|威信|微♥|wechat|weixin|(?<![a-z])(?:vx|wx|v信)|[加➕+]我? ?(?:v|薇|微|威))"
)
_WECHAT_HINTS = ("微", "薇", "威信", "wechat", "weixin", "vx", "wx", "v")
_STATED_WECHAT = re.compile(
    rf"{_WECHAT_NAME}(?:(?:号码?|id|账号|搜|加)[是为: ]{{0,4}}|[是为:][ ]{{0,2}})"
    r"([a-z0-9][a-z0-9_\-]{4,19})(?![a-z0-9_\-]|\.[0-9])"
)
_WECHAT = re.compile(rf"{_WECHAT_NAME} {{0,2}}([a-z0-9][a-z0-9_\-]{{4,19}})(?![a-z0-9_\-]|\.[0-9])")
_QQ = re.compile(
    r"(?:(?<![a-z])qq|扣扣|企鹅号|[加➕+] ?q|(?<![a-z0-9])q(?=[: ]?[1-9][0-9]{5}))"
    r"(?:群号?|号码?)?[是为: ]{0,4}([1-9][0-9]{4,11})(?![0-9]|\.[0-9])"
)
_LONG_NUMBER = re.compile(r"(?<![0-9])([0-9]{15,})(?![0-9])")
_DATE = re.compile(r"(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])")


def _always(_: str) -> bool:
    return True


def _is_card(value: str) -> bool:
    return value[0] in "34569" and len(value) >= 13 and passes_luhn(value)


def _is_order(value: str) -> bool:
    return sum(map(str.isdigit, value)) >= 5 and not _DATE.fullmatch(value)


def _is_plate(value: str) -> bool:
    return sum(map(str.isdigit, value)) >= 3


def _is_free_wechat(value: str) -> bool:
    return "_" in value or sum(map(str.isdigit, value)) >= 4


def _is_stated_wechat(value: str) -> bool:
    return not _DATE.fullmatch(value)


# Most telling first: where two finds overlap, the earlier rule wins.
_RULES = (
    _Rule("邮箱", _EMAIL, 0, _always, ("@",)),
    _Rule("身份证", _STATED_IDENTITY, 1, _always, ("身份证",)),
    _Rule("身份证", _IDENTITY, 1, is_identity_card),
    _Rule("护照", _PASSPORT, 1, _always, ("护照", "通行证", "passport")),
    _Rule("银行卡", _STATED_CARD, 1, _always, ("卡", "账号", "帐号")),
    _Rule("订单号", _ORDER, 1, _is_order, ("单", "快递", "物流", "流水", "交易", "order")),
    _Rule("手机号", _MOBILE, 0, _always),
    _Rule("电话", _FOREIGN, 1, is_international_number),
    _Rule("微信", _STATED_WECHAT, 1, _is_stated_wechat, _WECHAT_HINTS),
    _Rule("QQ", _QQ, 1, _always, ("q", "扣扣", "企鹅号")),
    _Rule("微信", _WECHAT, 1, _is_free_wechat, _WECHAT_HINTS),
    _Rule("座机", _LANDLINE, 0, is_chinese_number),
    _Rule("座机", _LOCAL_LINE, 1, _always, ("电话", "座机", "固话", "tel")),
    _Rule("银行卡", _CARD, 1, _is_card),
    _Rule("车牌", _PLATE, 1, _is_plate, tuple(_PROVINCES)),
    _Rule("订单号", _BARE_ORDER, 1, _is_order, ("订单", "快递", "包裹")),
    _Rule("编号", _LONG_NUMBER, 1, _always),
)
_KIND_OF_ADDRESS = "地址"


def may_hold_personal_data(text: str) -> bool:
    """Tell cheaply whether a look is worth it; ``False`` is certain."""
    if _WORTH_A_LOOK.search(text) and (
        _TELLING.search(text) or (_NAME.search(text) and _WECHAT_SIGN.search(text))
    ):
        return True
    return _SPOKEN.search(text) is not None


def find_personal_data(text: str) -> list[PersonalDatum]:
    """Return finds in text order, not overlapping. Never raises on any string."""
    folded = text.translate(_FOLD)
    found = []
    if _SPOKEN.search(folded):
        found = [
            PersonalDatum(match.start(), match.end(), "手机号", match[1].translate(_NUMERALS))
            for match in _SPOKEN_MOBILE.finditer(folded)
        ]
    signs = frozenset(folded)
    has_number = _SEVEN_DIGITS.search(folded) is not None
    for rule in _RULES:
        if rule.hints:
            if rule.starts.isdisjoint(signs) or not any(hint in folded for hint in rule.hints):
                continue
        elif not has_number:
            continue
        for match in rule.pattern.finditer(folded):
            value = _canonical(rule, match)
            if rule.accepts(value):
                found.append(PersonalDatum(*match.span(rule.group), rule.kind, value))
    found.extend(
        PersonalDatum(start, end, _KIND_OF_ADDRESS, folded[start:end].replace(" ", ""))
        for start, end in find_addresses(folded)
    )
    return sorted(_without_overlaps(found))


def _canonical(rule: _Rule, match: re.Match[str]) -> str:
    if rule.kind == "邮箱":
        return match[0]
    if rule.kind == "电话":
        return "+" + _NOT_CANONICAL.sub("", match[1])
    value = match[1] if rule.kind in {"手机号", "座机"} else match[rule.group]
    return _NOT_CANONICAL.sub("", value)


def _without_overlaps(found: list[PersonalDatum]) -> Iterator[PersonalDatum]:
    taken = bytearray()
    for datum in found:
        if len(taken) < datum.end:
            taken.extend(bytes(datum.end - len(taken)))
        if not any(taken[datum.start : datum.end]):
            taken[datum.start : datum.end] = b"\1" * (datum.end - datum.start)
            yield datum
