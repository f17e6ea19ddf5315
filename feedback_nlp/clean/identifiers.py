"""Finds the numbers under which somebody knows a person: of members, students, staff, patients.

Also those of their papers and of their car. Numbers of things (型号, 货号, 批号, 许可证) stay.

Source: docs/decisions/0007-redaction.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from feedback_nlp.clean.alternatives import by_first_sign
from feedback_nlp.clean.codes import GLUE, Code, read_code
from feedback_nlp.clean.findings import PersonalDatum, digit_count, is_date
from feedback_nlp.clean.folding import HAN_DIGITS, as_digits
from feedback_nlp.clean.labels import words
from feedback_nlp.clean.spots import Spots, matches

_KIND = "编号"
_FEWEST, _FEWEST_BARE = 4, 6
_SUM = re.compile(r" ?[元块年月日万亿次%折天]|\.[0-9]{1,2}(?![0-9])")
_ROUND = re.compile(r"(?:[0-9]{1,3}0{2,5}){1,9}")
_FIVE_DIGITS = re.compile("[0-9](?:-?[0-9]){4}")
_MOBILE = re.compile(r"1[3-9][0-9]{9}")
_VIN_SIGNS = 17
_VIN_LABEL = re.compile(r"(?:vin|架号|识别|底盘)[^0-9]{0,12}$")
_VIN = re.compile(r"l(?<![0-9a-z].)[a-hj-npr-z0-9]{12}[0-9]{4}(?![0-9a-z])")
_VIN_VALUES = dict(
    zip(
        "0123456789abcdefghjklmnprstuvwxyz",
        map(int, "012345678912345678123457923456789"),
        strict=True,
    )
)
_VIN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
# Of a shop of one person: 92, the district, nine signs and a check sign (GB 32100-2015).
_SOLE_TRADER = re.compile(
    r"(?<![0-9a-z])92[1-6][0-9]{5}[0-9a-hj-npqrtuwxy]{9}[0-9a-hj-npqrtuwxy](?![0-9a-z])"
)
_SHORT = re.compile(
    r"(?:工号|警号|胸[牌卡]号?|工牌号?|(?:员|人|客服|坐席|骑手|司机|护士|保安|导购)编号)[: 是为#写着上]{0,3}"
    r"(?P<number>[a-z]{0,3}[\-_]?[0-9]{3,4}|[a-z]{1,3}[零一幺二三四五六七八九壹贰叁肆伍陆柒捌玖]{3,4})(?![0-9a-z])"
    r"|(?:工号|警号|工牌|胸牌)[是为:]?(?P<han>[零一幺二三四五六七八九壹贰叁肆伍陆柒捌玖]{3,4})(?![零一二三四五六七八九十百])"
    r"|(?:收银员|营业员|服务员|柜员|客服|坐席|话务员|导购|业务员|配送员)(?P<called>[0-9]{3,6})号(?![线桌楼柜])"
)
_SHORT_BEFORE = re.compile(r"(?<![0-9a-z])([0-9]{3,4})(?:这个|号)?[工警]号")
# Where and with what somebody is online: personal data by GB/T 35273-2020, appendix A. Nobody is
# told apart by an address of a network of one's own.
_IP = re.compile(
    r"(?<![a-z0-9])ip ?(?:v4)? ?(?:地址|号|段)?[: 是为(\[【]{0,3}"
    r"(?!127\.|10\.|192\.168\.|0\.|255\.)((?:[0-9]{1,3}\.){3}[0-9]{1,3})(?![0-9.])"
)
_MAC = re.compile(
    r"[0-9a-f](?<![0-9a-z:\-].)[0-9a-f]([:\-])[0-9a-f]{2}(?:\1[0-9a-f]{2}){4}(?![0-9a-z:\-])"
)
# Of a home: 不动产权第0033918号, 房权证字第 …号.
_TITLE_DEED = re.compile(
    r"(?:不动产权|权证[一-鿿]{0,6}字?|使用权|国用)第 ?([0-9][0-9\-]{4,19}) ?号"
)
# The number, then what it is: 04817(工号), 2023114078这个学号.
_AFTER_HINT = re.compile(r"\(|是|这个")
_AFTER_VALUE = r"(?<![0-9a-z])([a-z]{0,4}[0-9][0-9a-z\-]{3,19}) ?(?:\(|(?:就|才)?是(?:我|他|她|本人|客服)?的?|这个)"


def find_identifiers(folded: str, spots: Spots) -> Iterator[PersonalDatum]:
    """Yield a person's numbers behind (or before) the word for one."""
    for match in _TITLE_DEED.finditer(folded) if "第" in folded else ():
        yield PersonalDatum(*match.span(1), _KIND, match[1])
    if "identifier" in spots:
        yield from _labelled(folded, spots)
    for match in matches(_SHORT, folded, spots, "staff"):
        group = match.lastgroup or "number"
        yield PersonalDatum(*match.span(group), _KIND, as_digits(match[group]))
    if "工号" in folded or "警号" in folded:
        for match in _SHORT_BEFORE.finditer(folded):
            yield PersonalDatum(*match.span(1), _KIND, match[1])
    for match in _VIN.finditer(folded):
        if _has_vin_check(match[0]):
            yield PersonalDatum(*match.span(), _KIND, match[0])
    for match in _IP.finditer(folded) if "ip" in folded else ():
        yield PersonalDatum(*match.span(1), _KIND, match[1])
    for match in _MAC.finditer(folded):
        yield PersonalDatum(*match.span(), _KIND, match[0])
    for match in _SOLE_TRADER.finditer(folded) if "92" in folded else ():
        yield PersonalDatum(*match.span(), _KIND, match[0])


def _labelled(folded: str, spots: Spots) -> Iterator[PersonalDatum]:
    """Yield numbers beside a word of ``labels.toml``."""
    for match in matches(_stated(), folded, spots, "identifier"):
        code = _read(folded, match, _FEWEST)
        if code is not None and digit_count(code.plain) >= _FEWEST:
            yield _datum(code)
    for match in matches(_bare(), folded, spots, "identifier"):
        code = _read(folded, match, _FEWEST_BARE)
        if code is not None and _speaks_for_itself(code):
            yield _datum(code)
    for match in _before_its_word().finditer(folded) if _AFTER_HINT.search(folded) else ():
        if _FIVE_DIGITS.search(match[1]):
            yield PersonalDatum(*match.span(1), _KIND, match[1].replace("-", ""))


def _read(folded: str, match: re.Match[str], fewest: int) -> Code | None:
    if _VIN_LABEL.search(match[0]):
        code = read_code(folded, match.end(), fewest=fewest, most=_VIN_SIGNS, exact=True)
        if code is not None and len(code.plain) == _VIN_SIGNS:
            return code
    code = read_code(folded, match.end(), fewest=fewest)
    if code is None or code.is_version or code.is_round or is_date(code.plain):
        return None
    if code.plain.isdigit() and _SUM.match(folded, code.end):
        return None
    return code


def _speaks_for_itself(code: Code) -> bool:
    """Tell whether a code behind a bare word (会员, 年卡) is none of prices and years."""
    fewest = _FEWEST_BARE - code.plain[0].isalpha()
    if digit_count(code.plain) < fewest or _ROUND.fullmatch(code.plain):
        return False
    if set(code.sizes) == {2} and len(code.sizes) > 3:
        return True
    short = min(code.sizes[:-1], default=_FEWEST_BARE) < 4
    return (
        not short
        or code.is_spelt
        or code.plain[0].isalpha()
        or not {" ", ",", "、", "/"} & set(code.marks)
    )


def _datum(code: Code) -> PersonalDatum:
    kind = "手机号" if _MOBILE.fullmatch(code.plain) else _KIND
    return PersonalDatum(code.start, code.end, kind, code.plain)


def _has_vin_check(vin: str) -> bool:
    """Tell whether the ninth sign checks the others (GB 16735-2019)."""
    rest = (
        sum(_VIN_VALUES[sign] * weight for sign, weight in zip(vin, _VIN_WEIGHTS, strict=True)) % 11
    )
    return vin[8] == ("x" if rest == 10 else str(rest))


@cache
def _stated() -> re.Pattern[str]:
    """Match a word that says that a number follows, and what stands between them."""
    number = "的?(?:卡|证|档案|字)?(?:编号|编码|代码|代号|号码?|识别号|id(?![a-z])|账号|序号)"
    whose = by_first_sign(words("identifier", "whose"))
    papers = by_first_sign(words("identifier", "papers"))
    outright = by_first_sign(words("identifier", "numbers"))
    things = "".join(f"(?<!{thing}证)" for thing in words("identifier", "things"))
    paper = f"证{things}(?:书|件)?的?(?:档案)?(?:编号|号码?|no)"
    english = "|".join(words("identifier", "english"))
    return re.compile(
        f"(?:(?:{whose}){number}|(?:{papers}){number}|{outright}|{paper}|{english})"
        f"{GLUE}(?=[0-9a-z{HAN_DIGITS}])"
    )


@cache
def _bare() -> re.Pattern[str]:
    """Match a word for a card or a paper that its number may follow at once."""
    papers = by_first_sign((*words("identifier", "papers"), *words("identifier", "bare")))
    return re.compile(f"(?:{papers}){GLUE}(?=[0-9a-z{HAN_DIGITS}])")


@cache
def _before_its_word() -> re.Pattern[str]:
    outright = by_first_sign(words("identifier", "numbers"))
    papers = by_first_sign(words("identifier", "papers"))
    return re.compile(rf"{_AFTER_VALUE}(?:{outright}|(?:{papers})的?(?:编号|号码?))(?!.?[0-9a-z])")
