"""Finds what is personal because a word says so: 微信, QQ, orders, passports, plates, mail.

All patterns read the folded text. Each repetition is bounded or stops at a delimiter,
and what a label lets in is bounded too, so that matching is linear in the text.

Source: docs/decisions/0007-redaction.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from feedback_nlp.clean.findings import PersonalDatum, digit_count, is_date
from feedback_nlp.clean.labels import words

_GLUE = r"[号码编为是叫的就: #(\"“]{0,8}"
_MARKS = re.compile(r"[ .\-_·,]")
_MORE = re.compile(r"[年月日元块万亿次%]")

_EMAIL = re.compile(
    r"(?<![a-z0-9._%+\-])(?!git@)[a-z0-9._%+\-]{1,64} {0,2}@{1,2} {0,2}[a-z0-9\-]{1,63}"
    r"(?: ?[.。点] ?[a-z0-9\-]{1,63}){0,3} ?[.。点] ?[a-z][a-z0-9\-]{1,62}"
)
_SPOKEN_EMAIL = re.compile(
    r"(?<![a-z0-9._%+\-])([a-z0-9._%+\-]{1,64}) ?(?:[(\[{] ?(?:at|艾特) ?[)\]}]|艾特|(?<= )at(?= )|#(?=[a-z0-9]{1,20}\.(?:com|cn|net)))"
    r" ?([a-z0-9\-]{1,63}(?: ?(?:\.|。|点|(?<= )dot(?= )|[(\[{]dot[)\]}]) ?[a-z0-9\-]{1,63}){1,4})"
    r"|(?<![a-z0-9._%+\-@])([a-z0-9._%+\-]{1,64})@([a-z0-9\-]{1,63}点(?:com|cn|net))"
)
_FILE_NAME = re.compile(r"\.(?:png|jpe?g|gif|svg|webp|pdf|zip|apk|[0-9]{1,9})$")
_NOBODYS_MAIL = re.compile(r"x{2,9}@x{2,9}\.")
_SPOKEN_DOT = re.compile(r" ?(?:[.。点]|[(\[{]?dot[)\]}]?) ?")
_PASSPORT_WORD = re.compile(r"护照|通行证|回乡证|台胞证|永居证|永久居留|passport")
_PASSPORT = re.compile(
    r"(?:(?<![0-9a-z])|(?<=passport))[a-z]{1,2}[ \-]?[0-9](?:[ \-]?[0-9]){5,9}[a-z]?(?![0-9a-z])"
)
_RESIDENCE = re.compile(r"(?<![0-9a-z])[a-z]{3}[0-9]{12}(?![0-9a-z])")  # foreigners, until 2023
_SOLDIERS = re.compile(r"[军士警武海空南北政后装参]{1,2}字?第 ?[0-9]{5,8} ?号?")
_SOLDIERS_WORD = re.compile(r"军官|士兵|警官|军人|证")
_TAIWAN_PASS = re.compile(rf"台胞证{_GLUE}([0-9]{{8}})(?![0-9])")
_PASSPORT_BEFORE, _PASSPORT_AFTER = 24, 8
_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
# One class of one character more than a plate needs, the rest is checked below.
_PLATE = re.compile(
    rf"([{_PROVINCES}][ ·•.\-]?[a-hj-np-z]) ?[ ·•.\-_]? ?((?:[a-z0-9][ .\-·]?){{4}}[a-z0-9挂学警港澳领临][a-z0-9临]?)(?![0-9a-z])"
)
_PLATE_BODY = re.compile(
    r"[df][a-hj-np-z0-9][0-9]{4}|[a-hj-np-z]{2}[0-9]{4}|[0-9]{5}[df]|[a-hj-np-z0-9]{5}临?|[a-hj-np-z0-9]{4}[挂学警港澳领]"
)
_PLATE_WORD = re.compile(r"车牌|牌照|牌号|车|货车|司机|停")
_CAR = re.compile("车|停|堵|违章|牌|驾|闯|超速|加塞|充电|高速|保险|司机")
_LOCAL_PLATE = re.compile(rf"(?:车牌|牌照){_GLUE}([a-hj-np-z][a-hj-np-z0-9]{{5,6}})(?![0-9a-z])")
_PLATE_COMPOUNDS = re.compile(
    r"(?:更新|最新|全新|阿里云|百度云|腾讯云|苏宁|辽宁|西宁|南宁|四川|江苏)$"
)
_OFTEN_A_WORD = frozenset("新云黑贵青川宁藏苏甘吉京蒙鲁")
_DIGIT_RUN = re.compile(r"[0-9]+")
_LONG_NUMBER_DIGITS = 15
_NOT_OF_A_PERSON = re.compile(
    r"(?:码|ean|isbn|书号|sku|货号|日志|trace|错误|版本|build|许可证|批号|车架号|视频|帖子|微博|弹幕|请求|id|[=π√≈!^.])[^0-9a-z]{0,4}$"
)
_ENGLISH = re.compile(r" [a-z]{2}|\.[0-9a-z]")
_SLANG = re.compile(
    "[加+薇绿卫徽❤v]|w ?信|我微|.❤"
)  # nobody says 微信 like this but to give a name
_APP_ID = re.compile("[0-9a-f]{16}")
_PERSONS_WORD = re.compile(r"(?=.{6})[a-z]{4,17}[0-9]{2,3}")  # haibian520
_ASKED = re.compile("[加搜+][了个]?[我你他她]?$|我的?$|联系$|私$")
_GROUPED = r"(?:[a-z](?: ?[a-z]){0,3} ?)?[0-9]{1,8}(?: [0-9]{1,8}){1,14}"
_SPELT = r"[a-z](?: [a-z]){1,3} ?[0-9]{8,18}"  # S F 1390…
_CODE = r"[a-z0-9][a-z0-9.\-]{3,39}"
# First looks that begin with one class: they only save time.
_ORDER_HINT = re.compile(
    r"[号单编码券递裹水保子通达兔丰邦drgof#][号码编为是叫的就: #(【\"“「id后面.快递速运\-]{0,12}(?:[a-z]{0,6}|[a-z] [a-z])[.\- ]?[0-9]"
)
_WECHAT_HINT = re.compile(
    r"[微薇徽嶶威维❤♥♡卫绿加家+vwi](?:(?<=微)(?!博)|(?<=[薇徽嶶❤♥♡])|(?<=加[威维])|(?<=wei) ?信|(?<=[威维薇])[信芯]|(?<=加)(?=[a-z]{2,12}_)|(?<=卫)星|(?<=绿)泡"
    r"|(?<=[加家+])[^v]{0,5}v|(?<=加)[^w]{0,2}wei|(?<=v)[ .\-]?[x信:❤♥♡是]|(?<=[微绿])[*色]|(?<=w)(?:[ .]?x|e[ ci]| ?信))"
)
_WECHAT_AFTER = re.compile(
    r"[加家+] ?([a-z][a-z0-9_\-]{4,19}) ?[(的]?(?:微信|vx|薇|wx)"
    r"|(?<![a-z0-9_\-])([a-z][a-z_\-]{2,15}[0-9]{2,4}) ?(?:[加家+]v(?![a-z])|薇(?![一-鿿]))"
)
_WECHAT_VALUE = re.compile(r"[a-z0-9](?:[a-z0-9_\-]{4}| [a-z0-9] [a-z0-9])")
_TEN_DIGITS = re.compile(r"[0-9](?:[ \-]?[0-9]){9}")
_MAIL_HINT = re.compile(r"[a-z0-9_%+\-] {0,2}@{1,2} {0,2}[a-z0-9]")
_KNOWN_HOSTS = "(?:qq|163|126|139|gmail|outlook|sina|foxmail)"
# What is no dot, behind a host that everybody knows: x@qq,com; and none at all behind 邮箱.
_KNOWN_MAIL = re.compile(
    rf"(?<![a-z0-9._%+\-])[a-z0-9._%+\-]{{1,64}}@{_KNOWN_HOSTS}(?: ?[·,、]? ?com| ?[·,、] ?cn)(?![a-z])"
    rf"|(?<=邮箱)[a-z0-9._%+\-]{{3,64}}@{_KNOWN_HOSTS}(?![a-z0-9.])"
)
_QQ_HINT = re.compile("[q扣抠蔻球企群叩口🐧丘裙羊]")
_PARCEL = re.compile(
    r"(?<![0-9a-z])(?:s ?f|y ?t|jd|zto|sto|yd|jt|ems|db)[a-z]{0,2}[0-9]{10,15}(?![0-9a-z])"
)
_CODE_CHARS = 9  # letters and digits: four digits are enough in so long a code
_ORDER_BEFORE = re.compile(
    r"(?<![0-9a-z])([a-z]{0,4}[0-9](?:[ \-]?[0-9]){9,29}) ?(?:[这那]?[个笔单]?)的?(?:订单|运单|快递)"
)


def find_mail(folded: str) -> Iterator[PersonalDatum]:
    """Yield mail addresses, also with 艾特, (at) and 点."""
    if "@" in folded and _MAIL_HINT.search(folded):
        for match in _EMAIL.finditer(folded):
            if _FILE_NAME.search(match[0]) or _NOBODYS_MAIL.match(match[0]):
                continue
            yield PersonalDatum(
                *match.span(), "邮箱", _SPOKEN_DOT.sub(".", match[0]).replace(" ", "")
            )
        for match in _KNOWN_MAIL.finditer(folded):
            yield PersonalDatum(*match.span(), "邮箱", match[0].replace(" ", ""))
    if not (
        "at" in folded or "艾特" in folded or "#" in folded or ("@" in folded and "点" in folded)
    ):
        return
    for match in _SPOKEN_EMAIL.finditer(folded):
        user, host = (match[1], match[2]) if match[1] else (match[3], match[4])
        value = f"{user}@{_SPOKEN_DOT.sub('.', host)}"
        yield PersonalDatum(*match.span(), "邮箱", value.replace(" ", ""))


def find_passports(folded: str) -> Iterator[PersonalDatum]:
    """Yield passport numbers near the word for one, and those of soldiers' papers."""
    if "第" in folded and _SOLDIERS_WORD.search(folded):
        for match in _SOLDIERS.finditer(folded):
            yield PersonalDatum(*match.span(), "护照", match[0].replace(" ", ""))
    if not _PASSPORT_WORD.search(folded):
        return
    for match in (*_PASSPORT.finditer(folded), *_RESIDENCE.finditer(folded)):
        near = folded[max(0, match.start() - _PASSPORT_BEFORE) : match.end() + _PASSPORT_AFTER]
        if _PASSPORT_WORD.search(near):
            yield PersonalDatum(*match.span(), "护照", _MARKS.sub("", match[0]))
    for match in _TAIWAN_PASS.finditer(folded):
        yield PersonalDatum(*match.span(1), "护照", match[1])


def find_plates(folded: str, original: str) -> Iterator[PersonalDatum]:
    """Yield licence plates; ``original`` tells capitals where the province is a common word."""
    for match in _PLATE.finditer(folded):
        body = _MARKS.sub("", match[2])
        start = match.start()
        before = folded[max(0, start - 8) : start]
        told = _PLATE_WORD.search(before) is not None
        if not _PLATE_BODY.fullmatch(body) or digit_count(body) < (1 if told else 2):
            continue
        letter = match.end(1) - 1
        capital = original[letter : letter + 1].isupper()
        if not told and (
            _PLATE_COMPOUNDS.search(before + match[1][0])
            or (match[1][0] in _OFTEN_A_WORD and not capital)
        ):
            continue
        if match[1][0] == "新" and not _CAR.search(folded):
            continue
        yield PersonalDatum(
            start, match.start(2) + len(match[2].rstrip()), "车牌", _MARKS.sub("", match[1]) + body
        )
    for match in _LOCAL_PLATE.finditer(folded):
        if digit_count(match[1]) >= 2:
            yield PersonalDatum(*match.span(1), "车牌", match[1])


def find_orders(folded: str) -> Iterator[PersonalDatum]:
    """Yield order, parcel, booking and case numbers."""
    if _ORDER_HINT.search(folded):
        yield from _labelled_orders(folded)
    if not _TEN_DIGITS.search(folded):
        return
    for match in _PARCEL.finditer(folded):
        yield PersonalDatum(*match.span(), "订单号", match[0])
    for match in _ORDER_BEFORE.finditer(folded):
        plain = _MARKS.sub("", match[1])
        if not is_date(plain[:8]) or len(plain) > 12:
            yield PersonalDatum(*match.span(1), "订单号", plain)


def _labelled_orders(folded: str) -> Iterator[PersonalDatum]:
    for pattern, fewest_digits in ((_stated_order(), 5), (_bare_order(), 8)):
        for match in pattern.finditer(folded):
            value = match[1].rstrip(".-")
            start, end = match.start(1), match.start(1) + len(value)
            plain = _MARKS.sub("", value)
            digits = digit_count(plain)
            if digits < fewest_digits and (digits < 4 or len(plain) < _CODE_CHARS):
                continue
            if not (is_date(plain) or (plain.isdigit() and _MORE.match(folded, end))):
                yield PersonalDatum(start, end, "订单号", plain)


def find_long_numbers(folded: str) -> Iterator[PersonalDatum]:
    """Yield runs of 15 digits or more that are not said to be of a thing or a sum."""
    for match in _DIGIT_RUN.finditer(folded):
        if match.end() - match.start() < _LONG_NUMBER_DIGITS:
            continue
        before = folded[max(0, match.start() - 10) : match.start()]
        after = folded[match.end() : match.end() + 1]
        if len(set(match[0])) <= 2 or _NOT_OF_A_PERSON.search(before) or _MORE.match(after):
            continue
        yield PersonalDatum(*match.span(), "编号", match[0])


def find_wechat(folded: str) -> Iterator[PersonalDatum]:
    """Yield WeChat names."""
    if not (_WECHAT_VALUE.search(folded) and _WECHAT_HINT.search(folded)):
        return
    for match in _wechat().finditer(folded):
        value = match[3].rstrip("-_ ")
        start, end = match.start(3), match.start(3) + len(value)
        plain = value.replace(" ", "")
        if is_date(plain) or _ENGLISH.match(folded, end) or _is_app_id(match[1], match[2], plain):
            continue
        before = folded[max(0, match.start() - 4) : match.start()]
        stated = match[2].strip() or _SLANG.match(match[1]) or _ASKED.search(before)
        if _is_wechat(plain, stated=bool(stated)):
            yield PersonalDatum(start, end, "微信", plain)
    yield from _find_wechat_before(folded)


def _find_wechat_before(folded: str) -> Iterator[PersonalDatum]:
    """Yield names that stand before the word for them: 加abc_123微信, abc123加v."""
    for match in _WECHAT_AFTER.finditer(folded):
        group = 1 if match[1] else 2
        if _is_wechat(match[group], stated=True):
            yield PersonalDatum(*match.span(group), "微信", match[group])


def _is_app_id(name: str, between: str, value: str) -> bool:
    """Tell whether this is the name of a mini program: ``wx`` and 16 hexadecimal digits."""
    return name == "wx" and not between and _APP_ID.fullmatch(value) is not None


def _is_wechat(value: str, *, stated: bool) -> bool:
    tokens = [token for token in re.split(r"[0-9_\-]+", value) if token]
    technical = [token in words("wechat", "technical") for token in tokens]
    if stated:
        return not (technical and all(technical)) and (len(value) >= 6 or digit_count(value) >= 2)
    digits = digit_count(value)
    return not any(technical) and (
        "_" in value or digits >= 4 or _PERSONS_WORD.fullmatch(value) is not None
    )


def find_qq(folded: str) -> Iterator[PersonalDatum]:
    """Yield QQ numbers and numbers of groups."""
    if not _QQ_HINT.search(folded):
        return
    for match in _qq().finditer(folded):
        start, end = match.span(1) if match[1] else match.span("group")
        if _MORE.match(folded, end) or folded[end : end + 1] == "版":
            continue
        yield PersonalDatum(start, end, "QQ", _MARKS.sub("", folded[start:end]))


@cache
def _stated_order() -> re.Pattern[str]:
    labels = "|".join(words("order", "stated"))
    return re.compile(
        rf"(?:{labels})(?:{_GLUE}|后面是|[是为: ]{{0,4}}[:是] ?)({_GROUPED}(?![0-9a-z])|{_SPELT}|{_CODE})"
    )


@cache
def _bare_order() -> re.Pattern[str]:
    labels = "|".join(words("order", "bare"))
    return re.compile(
        rf"(?:{labels})[是为号: #(【「“\-]{{0,4}}({_GROUPED}(?![0-9a-z])|{_SPELT}|{_CODE})"
    )


@cache
def _wechat() -> re.Pattern[str]:
    names = "|".join(words("wechat", "names"))
    return re.compile(
        rf"({names})((?: ?(?:同号|号码?|id|账号|名字?|叫|搜|联系|加|是|为|[呗吧哈哦啊:(\"“])){{0,4}}) {{0,2}}"
        r"([a-z](?: [a-z0-9]){5,19}(?![a-z0-9])|[a-z0-9][a-z0-9_\-]{4,19}(?![a-z0-9_\-]))"
    )


@cache
def _qq() -> re.Pattern[str]:
    names, groups = "|".join(words("qq", "names")), "|".join(words("qq", "groups"))
    return re.compile(
        rf"(?:(?:{names})(?: ?(?:群号?|账号|号码?))?[是为: (\-]{{0,4}}([1-9](?:[ \-]?[0-9]){{4,11}})(?![0-9]|\.[0-9])"
        rf"|(?:{groups})[号码是为:q( ]{{0,5}}(?P<group>[1-9](?:[ \-]?[0-9]){{5,11}})(?![0-9]|\.[0-9]))"
    )
