"""Finds what is personal because a word says so: 微信, QQ, orders.

All patterns read the folded text. Each repetition is bounded or stops at a delimiter,
and what a label lets in is bounded too, so that matching is linear in the text.

Source: docs/decisions/0007-redaction.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from feedback_nlp.clean.codes import GLUE, read_code
from feedback_nlp.clean.findings import PersonalDatum, digit_count, is_date, signs_of
from feedback_nlp.clean.folding import DIVIDERS, EMOJI, HAN_DIGITS, as_digits
from feedback_nlp.clean.labels import words
from feedback_nlp.clean.spots import Spots, matches

_MARKS = re.compile(r"[ .\-_·,]")
_MORE = re.compile(r"[年月日元块万亿次%]")

_LONG_NUMBER = re.compile("[0-9]{15}")
_DIGIT_RUN = re.compile(r"[0-9]+")
_NOT_OF_A_PERSON = re.compile(
    r"(?:码|ean|isbn|书号|sku|货号|日志|trace|错误|版本|build|许可证|批号|视频|帖子|微博|弹幕|请求|id|[=π√≈!^.])[^0-9a-z]{0,4}$"
)
_ENGLISH = re.compile(r" [a-z]{2}|\.[0-9a-z]")
_SLANG = re.compile(
    "[加+薇绿卫徽嶶溦葳崴魏喂围伟❤v🛰]|[威微维][我辛欣馨鑫]|微[心芯讯星]|[w威维] ?信|我微|.❤"
)  # nobody says 微信 like this but to give a name
_APP_ID = re.compile("[0-9a-f]{16}")
_SYLLABLES = re.compile(  # tangguoxiaodian
    "(?=.{8})(?:(?:[zcs]h|[bpmfdtnlgkhjqxzcsryw])?(?:[iu]ang|iong|[aeio]ng|ia[no]|ua[in]|[ae]i|[ao][ou]|[aeiu]n|er|i[aeu]|u[aoie]|[aeiouv])){3,6}"
)
_PERSONS_WORD = re.compile("(?=.{6})[a-z]{4,17}(?:-[a-z]{2,12})?[0-9]{2,3}[a-z]{0,4}")  # haibian520
_ASKED = re.compile(
    "(?:我|他|她|店主|团长|客服|老师|中介|个人|私人|工作|老板|店长|教练|技师|卖家|买家|房东|顾问|销售|群主|楼主|博主|家长|骗子|对方|本人)的?$|[加搜+][了个]?[我你他她]?$|我的?$|联系$|私$"
)
# The name, then what it is: 加abc_123微信, abc123加v, abc123(微信), abc_123是我微信.
_WECHAT_AFTER = re.compile(
    r"[加家+](?:[一-鿿]{0,4}| )([a-z][a-z0-9_\-]{4,19}) ?[(的]?(?:微信|vx|薇|wx)"
    r"|(?<![a-z0-9_\-])([a-z][a-z_\-]{2,15}[0-9]{2,4}) ?(?:[加家+]v(?![a-z])|薇(?![一-鿿]))"
    r"|(?<![a-z0-9_\-])([a-z][a-z0-9_\-]{5,19}) ?(?:\((?:我的?|私人)?(?:微信|vx|wx|v信|薇信|威信|wechat|v)号?\)"
    r"|[, ]?(?:这?个?就?是|为)(?:我|他|她|客服|老板|店长|本人|对方|骗子|卖家)?的?(?:个人|私人|工作)?(?:微信|vx|wx|v信|薇信|威信|绿泡泡)"
    r"| ?[这那]个(?:微信|vx|wx|v信|薇信|威信)号?"
    r"|,? ?(?:请|可以)?(?:加|搜)(?:我|一?下)?的?(?:微信|vx|wx|薇信|绿泡泡))"
)
_NAME_PART = re.compile(r"[a-z0-9][a-z0-9_\-]{0,29}|_[a-z0-9_\-]{1,20}|_")
_NAME_MARK = re.compile(
    rf" ?(?:下划线|底线|减号|横?杠|中?划线|横线|短横|小数点|点|加上?|[小大]写的?) ?|[.·丨|~*…•/+,{EMOJI}]{{1,2}}(?=[a-z0-9_])| (?=[a-z0-9_])|[小大老阿哥姐](?=[a-z0-9_])"
)
_MARK_SIGNS = {"下划线": "_", "底线": "_", "减号": "-", "杠": "-", "横杠": "-", "丨": "_"}
_HAN_TAIL = re.compile(f"[{HAN_DIGITS}]{{2,8}}(?![月天年个点元块])")
_ENDINGS = frozenset(["com", "cn", "net", "html", "json", "apk", "exe", "js"])
_NAMES_SOMEBODY = re.compile("[0-9]{2}|_|[a-z]-[a-z]")
_TELLING_SOON = re.compile("[a-z]{1,8} [a-z0-9]{0,6}[0-9]{2}")
_MOST_PARTS, _SHORTEST_NAME = 20, 5
_VERSION = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,4}){1,4}")
_WECHAT_AFTER_HINT = re.compile(r"微信|v[x信]|wx|薇|威信|wechat|绿泡泡|v号?\)|加v|家v|\+v")
_WECHAT_VALUE = re.compile(f"[a-z0-9][0-9a-z_{DIVIDERS}杠横下划线减点]{{4}}")
_TEN_DIGITS = re.compile(r"[0-9](?:[ .\-·_~/]{0,2}[0-9]){9}")
_MOST_QQ_DIGITS = 12
_ROUND_SUMS = re.compile("(?:[1-9]0{2,3}){2,4}")
# The number, then what it is: 123456789(QQ群), 123456789是我QQ.
_QQ_AFTER = re.compile(
    r"(?<![0-9a-z])([1-9][0-9]{5,10}) ?(?:\(|[, ]?(?:这?个?就?是|为)(?:我|他|她|客服|本人|骗子|卖家)?的?|[, ]?(?:加|搜)我?)(?:qq|扣扣|企鹅|q群|q号|群号|q(?![a-z]))"
)
_PARCEL = re.compile(
    r"(?<![0-9a-z])(?:s[ .\-·_]?f|y[ .\-·_]?t|jd|zto|sto|yd|jt|ems|db)[a-z]{0,2}(?:[ .\-·_~/]{0,2}[0-9]){10,15}(?![0-9a-z])"
)
_CODE_CHARS = 9  # letters and digits: four digits are enough in so long a code
_ORDER_BEFORE = re.compile(
    r"(?<![0-9a-z])([a-z]{0,4}[0-9](?:[ \-]?[0-9]){9,29}) ?(?:[这那]?[个笔单]?)的?(?:订单|运单|快递)"
)


def find_orders(folded: str, spots: Spots) -> Iterator[PersonalDatum]:
    """Yield order, parcel, booking and case numbers."""
    if "order" in spots:
        yield from _labelled_orders(folded, spots)
    if not _TEN_DIGITS.search(folded):
        return
    for match in _PARCEL.finditer(folded):
        yield PersonalDatum(*match.span(), "订单号", signs_of(match[0]))
    for match in _ORDER_BEFORE.finditer(folded) if "order" in spots else ():
        plain = _MARKS.sub("", match[1])
        if not is_date(plain[:8]) or len(plain) > 12:
            yield PersonalDatum(*match.span(1), "订单号", plain)


def _labelled_orders(folded: str, spots: Spots) -> Iterator[PersonalDatum]:
    for pattern, fewest_digits in ((_stated_order(), 5), (_bare_order(), 8)):
        for match in matches(pattern, folded, spots, "order"):
            code = read_code(folded, match.end(), fewest=fewest_digits)
            if code is None or is_date(code.plain) or code.is_round:
                continue
            digits = digit_count(code.plain)
            if digits < fewest_digits and (digits < 4 or len(code.plain) < _CODE_CHARS):
                continue
            if not (code.plain.isdigit() and _MORE.match(folded, code.end)):
                yield PersonalDatum(code.start, code.end, "订单号", code.plain)


def find_long_numbers(folded: str) -> Iterator[PersonalDatum]:
    """Yield runs of 15 digits or more that are not said to be of a thing or a sum."""
    long = _LONG_NUMBER.search(folded)
    while long is not None:
        start = long.start()
        run = _DIGIT_RUN.match(folded, start)
        end = run.end() if run else long.end()
        before = folded[max(0, start - 10) : start]
        after = folded[end : end + 1]
        number = folded[start:end]
        if not (len(set(number)) <= 2 or _NOT_OF_A_PERSON.search(before) or _MORE.match(after)):
            yield PersonalDatum(start, end, "编号", number)
        long = _LONG_NUMBER.search(folded, end)


def find_wechat(folded: str, spots: Spots) -> Iterator[PersonalDatum]:
    """Yield WeChat names."""
    if "wechat" not in spots or not _WECHAT_VALUE.search(folded):
        return
    for match in matches(_wechat(), folded, spots, "wechat"):
        before = folded[max(0, match.start() - 4) : match.start()]
        stated = bool(match[2].strip() or _SLANG.match(match[1]) or _ASKED.search(before))
        end, plain = _read_name(folded, match.end(), stated=stated)
        if is_date(plain) or _ENGLISH.match(folded, end) or _is_app_id(match[1], match[2], plain):
            continue
        if plain[:1] == "_" and digit_count(plain) < 2:
            continue  # wx_login
        if len(plain) < _SHORTEST_NAME or _VERSION.fullmatch(folded, match.end(), end):
            continue
        if _is_wechat(plain, stated=stated):
            yield PersonalDatum(match.end(), end, "微信", plain)
    for match in _WECHAT_AFTER.finditer(folded) if _WECHAT_AFTER_HINT.search(folded) else ():
        name = next(filter(None, match.groups()))
        if _is_wechat(name, stated=True):
            start = match.start() + match[0].index(name)
            yield PersonalDatum(start, start + len(name), "微信", name)


def _read_name(folded: str, start: int, *, stated: bool) -> tuple[int, str]:
    """Return where the name ends that begins at ``start``, and the name without marks."""
    end, plain, spelt = start, "", True
    position, mark = start, ""
    for _ in range(_MOST_PARTS):
        part = _NAME_PART.match(folded, position)
        if part is None or part[0] in _ENDINGS:
            break
        spelt = spelt and len(part[0]) == 1
        if (
            mark.isspace()
            and not spelt
            and not (
                stated
                and (
                    _NAMES_SOMEBODY.search(part[0])
                    or "_" in plain
                    or _TELLING_SOON.match(folded, part.start())
                )
            )
        ):
            break
        plain += _MARK_SIGNS.get(mark.strip(), "") + part[0]
        end = part.end()
        between = _NAME_MARK.match(folded, end)
        if between is None:
            break
        mark, position = between[0], between.end()
    if tail := _HAN_TAIL.match(folded, end):
        return tail.end(), plain + as_digits(tail[0])
    stripped = folded[start:end].rstrip("-_")
    return start + len(stripped), plain.rstrip("-_")


def _is_app_id(name: str, between: str, value: str) -> bool:
    """Tell whether this is the name of a mini program: ``wx`` and 16 hexadecimal digits."""
    return name == "wx" and not between and _APP_ID.fullmatch(value) is not None


def _is_wechat(value: str, *, stated: bool) -> bool:
    tokens = [token for token in re.split(r"[0-9_\-]+", value) if token]
    technical = [token in words("wechat", "technical") for token in tokens]
    if stated:
        return not (technical and all(technical)) and (
            len(value) >= 6 or (digit_count(value) >= 2 and "-" not in value)
        )
    digits = digit_count(value)
    return not any(technical) and (
        _SYLLABLES.fullmatch(value) is not None
        or "_" in value
        or digits >= 4
        or _PERSONS_WORD.fullmatch(value) is not None
    )


def find_qq(folded: str, spots: Spots) -> Iterator[PersonalDatum]:
    """Yield QQ numbers and numbers of groups."""
    if "qq" not in spots:
        return
    for match in matches(_qq(), folded, spots, "qq"):
        code = read_code(folded, match.end(), fewest=5, most=_MOST_QQ_DIGITS, letters=False)
        if (
            code is None
            or code.plain[0] == "0"
            or len(code.plain) < 5
            or code.is_version
            or code.is_round
        ):
            continue
        if _ROUND_SUMS.fullmatch(code.plain):
            continue
        if _MORE.match(folded, code.end) or folded[code.end : code.end + 1] == "版":
            continue
        yield PersonalDatum(code.start, code.end, "QQ", code.plain)
    for match in _QQ_AFTER.finditer(folded):
        yield PersonalDatum(*match.span(1), "QQ", match[1])


@cache
def _stated_order() -> re.Pattern[str]:
    labels = "|".join(words("order", "stated"))
    return re.compile(rf"(?:{labels}){GLUE}(?=[0-9a-z{HAN_DIGITS}])")


@cache
def _bare_order() -> re.Pattern[str]:
    labels = "|".join(words("order", "bare"))
    return re.compile(rf"(?:{labels})[是为号: #(【「“\-]{{0,4}}(?=[0-9a-z{HAN_DIGITS}])")


@cache
def _wechat() -> re.Pattern[str]:
    names = "|".join(words("wechat", "names"))
    return re.compile(
        rf"({names})((?: ?(?:同号|号码?|id|账号|名字?|叫|搜索?|hao(?=[ :])|聊|给你|给我|联系|加我?|是|为|就|的|我|填|写|留|发|改成|[呗吧哈哦啊哟呢:=~\-—→👉➡☞>(\[<{{【「『《\"“”‘’|丨/·•…,*!@]|\ufe0f)){{0,5}}) {{0,2}}"
        r"(?=_?[a-z0-9])"
    )


@cache
def _qq() -> re.Pattern[str]:
    names = "|".join((*words("qq", "names"), *words("qq", "groups")))
    return re.compile(
        rf"(?:{names})(?: ?(?:群号?|账号|号码?|[小大新]号|发[你我]|联系|私聊?|加我?|搜索?|找我?|聊|[都也就]))?{GLUE}(?=[1-9{HAN_DIGITS}])"
    )
