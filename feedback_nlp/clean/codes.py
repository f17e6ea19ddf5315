"""Reads a number or a code as people write it behind a word for it.

In groups, spelt, with marks, emoji or words (杠, 下划线) between, Chinese digits among the others.
A comma or a blank may also end it: what follows then goes on only if it looks like a further group.

Source: docs/decisions/0007-redaction.md.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from feedback_nlp.clean.folding import DIVIDERS, HAN_DIGITS, as_digits

MARK_WORDS = "(?:下划线|底线|中?横[杠线]|中划线|短横|减号|斜?杠|空格?|点|dash|dot|underscore)"
_HOW_MANY = "(?:(?:[0-9]{1,2}[位个]|[一二两三四五六七八九十几]{1,2}[位个]?)(?:数字?|号码?)?)?"
_THEN = "然后|接着|接下来|接下去|再来|再加上?|后面|后边|后头|后半[段截]?|后段|中间|当中|中段|末尾|尾号|尾数|结尾|最后|剩下|跟着|跟上|加上|连着|连上|接上"
#: What tells that a further part of a number follows, in words; the second asks for less.
JOINER = rf"[,。;、: …~\-(]{{0,3}}(?:{_THEN}|后(?=[一二两三四五六七八0-9]))(?:的|是|再|跟|为|着|就|接)?{_HOW_MANY}(?:的|是|为|就是|叫)?[: ]{{0,2}}"
LOOSE_JOINER = rf"[,。;、: …~\-(]{{0,3}}(?:{_THEN}|再|末|接|生日|出生(?:日期|年月日?)?|和|后)(?:的|是|再|跟|为|着|就|接)?{_HOW_MANY}(?:的|是|为|就是|叫)?[: ]{{0,2}}"
_FIRST_PART = (
    "(?:前(?:面|边|半[段截]?|段|[0-9一二两三四五六七八九十]{1,2}[位个]?)|开头)(?:的|是|为)?"
)
#: What may stand between the word and the value: 订单号是：【…】, 会员卡No.…, 微信👉….
GLUE = (
    r"(?:[号码编为是叫的就填写成报: #(\"“【「『\[<《=→➡👉☞\-~|丨/*·.]|应该|后面){0,8}"
    f"(?:{_FIRST_PART}[: ]{{0,2}})?"
    r"(?:(?:no|nr|id|number)(?![a-z])[.: #]{0,3})?"
)
_SIGNS = re.compile(f"[0-9a-z]{{1,40}}|[{HAN_DIGITS}]{{1,40}}")
_DIGITS_ONLY = re.compile(f"[0-9]{{1,40}}|[{HAN_DIGITS}]{{1,40}}")
_MARK = re.compile(f"{JOINER}|[{DIVIDERS}]{{1,4}}| ?{MARK_WORDS} ?")
_GOES_ON = re.compile(f"[{DIVIDERS}]{{0,2}}[0-9{HAN_DIGITS}]")
_LETTERS_THEN_DIGIT = re.compile(
    f"(?:[{DIVIDERS}]{{0,2}}[a-z]){{0,4}}[{DIVIDERS}]{{0,2}}[0-9{HAN_DIGITS}]"
)
# Said of a number of up to seven digits: it is a count, a sum or a time, no further group.
_UNIT = re.compile(
    r" ?(?:[年月日元块万亿次%件个天单份秒只双瓶张盒箱米人版度折楼层周位条]|分(?!机)|小时|点(?![0-9])|公里|号楼|kb|mb|gb|[:][0-9]{2})"
)
_DAY = re.compile(r"(?:19|20)[0-9]{2} ?[\-/.年] ?[0-9]{1,2} ?[\-/.月]")
_ROUND = re.compile("[1-9][0-9]?0{3,9}")
_LOOSE = frozenset(",、…。 ")
_ANY_MARK = frozenset(" ,.-/_\\·、。丶^…~+*():|丨│•●→=【】[]")
_FEWEST_LOOSE = 3
_LONG_COUNT = 7
_FEWEST_HAN = 3
_MOST_MARKS = 24
# What the cheap gate sees of a code, too: five digits near one another, or nine signs in a row.
_SEEN = re.compile(
    f"[0-9{HAN_DIGITS}](?:(?:[{DIVIDERS}]{{0,4}}| ?{MARK_WORDS} ?)[0-9{HAN_DIGITS}]){{4}}"
    f"|[0-9a-z]{{9}}|[0-9]{JOINER}[0-9]{{2}}"
)


class Code(NamedTuple):
    """A code as it stands in the folded text, and its signs alone.

    Attributes:
        start: Where it begins.
        end: Where it ends.
        plain: Its letters and digits, without marks; Chinese digits as ASCII digits.
        sizes: How many signs each group has.
        marks: What stands between the groups, blanks taken off.
    """

    start: int
    end: int
    plain: str
    sizes: tuple[int, ...]
    marks: tuple[str, ...]

    @property
    def is_spelt(self) -> bool:
        """Whether it is written sign by sign."""
        return len(self.sizes) > 3 and max(self.sizes) == 1

    @property
    def is_round(self) -> bool:
        """Whether it is a sum: 50000."""
        return _ROUND.fullmatch(self.plain) is not None

    @property
    def is_version(self) -> bool:
        """Whether it is written like a version (8.0.49) or a sum (1,380.50)."""
        dotted = "." in self.marks and min(self.sizes) < 3 and len(set(self.sizes)) > 1
        return dotted or (self.marks == (".",) and self.sizes[1] <= 2)


def read_code(
    folded: str,
    start: int,
    *,
    fewest: int,
    most: int = 40,
    letters: bool = True,
    exact: bool = False,
) -> Code | None:
    """Read the code that begins at ``start``, or ``None`` if none is there.

    Args:
        folded: The folded text.
        start: Where the code must begin.
        fewest: Until it has as many signs, any group of digits goes on.
        most: It has no more signs: a group that would make it longer is not of it.
        letters: Whether it may hold letters.
        exact: Any group of letters goes on until it has ``most`` signs.
    """
    pattern = _SIGNS if letters else _DIGITS_ONLY
    plain, end, position, mark = "", start, start, ""
    sizes: list[int] = []
    marks: list[str] = []
    for _ in range(_MOST_MARKS):
        match = pattern.match(folded, position)
        if match is None or len(plain) + len(match[0]) > most:
            break
        if not (exact or _belongs(folded, match, plain, mark, sizes, marks, fewest)):
            break
        plain += as_digits(match[0])
        if mark or not sizes:
            sizes.append(len(match[0]))
        else:
            sizes[-1] += len(match[0])
        if len(sizes) > 1 and mark:
            marks.append(mark.strip() or " ")
        end = position = match.end()
        between = _MARK.match(folded, position)
        mark = between[0] if between else ""
        position = between.end() if between else position
    if not plain or _SEEN.search(folded, start, end) is None:
        return None
    return Code(start, end, plain, tuple(sizes), tuple(marks))


def _belongs(
    folded: str,
    match: re.Match[str],
    plain: str,
    mark: str,
    sizes: list[int],
    marks: list[str],
    fewest: int,
) -> bool:
    """Tell whether a further group is of the code."""
    token = match[0]
    end = match.end()
    if token[0] in HAN_DIGITS:  # 三 in …，三双袜子 is of the words behind
        return len(token) >= _FEWEST_HAN or _GOES_ON.match(folded, end) is not None
    has_digit = any(map(str.isdigit, token))
    if not has_digit:
        spelt = len(token) == 1 and max(sizes, default=1) == 1
        leads = not plain and len(token) <= 6
        return (spelt or leads) and (
            _LETTERS_THEN_DIGIT.match(folded, end) is not None or (spelt and bool(plain))
        )
    if not plain or not mark:
        return True
    if len(plain) < fewest:
        return not (token.isdigit() and _UNIT.match(folded, end))
    if _DAY.match(folded, match.start()):
        return False
    if token.isdigit() and len(token) <= _LONG_COUNT and _UNIT.match(folded, end):
        return False
    if not _LOOSE & set(mark) or mark[-1:] not in _ANY_MARK:
        return True
    if mark.strip() and mark[-1:] == " ":
        return False  # a comma and a blank are of a sentence
    return (
        bool(mark.strip() and mark.strip() in marks)
        or len(token) >= _FEWEST_LOOSE
        or min(sizes) <= 2
        or (mark == " " and len(token) == sizes[-1])
    )
