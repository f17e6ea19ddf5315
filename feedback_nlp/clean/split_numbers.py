"""Finds numbers that are told in parts: 前三位138，后面是00001234; 卡号前四6222中间…后四….

Two to four groups of digits with words between that say how they follow one another are one
number, if together they are one that is personal. It is hidden from its first to its last digit.

Source: docs/decisions/0007-redaction.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from feedback_nlp.clean.checksums import has_identity_check, is_identity_card, passes_luhn
from feedback_nlp.clean.codes import LOOSE_JOINER
from feedback_nlp.clean.findings import PersonalDatum, digits_of
from feedback_nlp.clean.folding import HAN_DIGITS, as_digits
from feedback_nlp.clean.telephone import is_chinese_number

_HINT = re.compile("[后尾末接再然中间加区生连剩]")
_PART = "[0-9]{2,12}"
_SPLIT = re.compile(
    rf"(?<![0-9])([0-9]{{3,12}})(?:{LOOSE_JOINER}({_PART}))(?:{LOOSE_JOINER}({_PART}))?(?:{LOOSE_JOINER}({_PART}))?(x?)(?![0-9a-z])"
)
_AREA = re.compile(
    rf"区号[是为: ]{{0,3}}(0[0-9]{{2,3}}|[零〇][{HAN_DIGITS}]{{2,3}})[^0-9a-z]{{0,8}}?([2-9](?:[ \-]?[0-9]){{6,7}})(?![0-9])"
)
_TURNED = re.compile(r"(?<![0-9])0[1-9][0-9]{1,2} ?转 ?[2-8][0-9]{6,7}(?![0-9])")
_NEAR = 24
_MOBILE = re.compile("1[3-9][0-9]{9}")
_IDENTITY_WORD = re.compile("身份|证件|证号|实名|sfz")
_CARD_WORD = re.compile("卡|账号|账户|存折")
_LINE_WORD = re.compile("座机|固话|电话|家里|区号|号码|总机|传真|[打拨]")
_QQ_WORD = re.compile("qq|扣扣|企鹅|q号|群")


def find_split_numbers(folded: str) -> Iterator[PersonalDatum]:
    """Yield numbers told in parts, each from its first digit to its last."""
    for match in _SPLIT.finditer(folded) if _HINT.search(folded) else ():
        digits = "".join(part or "" for part in match.groups())
        near = folded[max(0, match.start() - _NEAR) : match.end() + _NEAR]
        kind = _kind(digits, near)
        if kind:
            yield PersonalDatum(*match.span(), kind, digits)
    if "转" in folded:
        for match in _TURNED.finditer(folded):
            digits = digits_of(match[0])
            yield PersonalDatum(*match.span(), "座机", digits)
    if "区号" in folded:
        for match in _AREA.finditer(folded):
            digits = as_digits(match[1]) + digits_of(match[2])
            yield PersonalDatum(match.start(1), match.end(2), "座机", digits)


def _kind(digits: str, near: str) -> str | None:
    if _MOBILE.fullmatch(digits):
        return "手机号"
    size = len(digits)
    if has_identity_check(digits) or is_identity_card(digits):
        return "身份证"
    if size in (15, 17, 18) and _IDENTITY_WORD.search(near):
        return "身份证"
    if 10 <= size <= 12 and (
        is_chinese_number(digits) or (digits[0] == "0" and _LINE_WORD.search(near))
    ):
        return "座机"
    if 12 <= size <= 19 and digits.isdigit():
        if _CARD_WORD.search(near) or (size > 14 and passes_luhn(digits)):
            return "银行卡"
        return None
    if 6 <= size <= 11 and _QQ_WORD.search(near):
        return "QQ"
    if size in (7, 8) and _LINE_WORD.search(near):
        return "座机"
    return None
