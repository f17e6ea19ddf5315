"""Finds house-level addresses; province, city, district and estate are kept for analysis.

A street with a number counts in company (a district before it, a room after it or a word such
as 收货) or where it can be nothing else (大街110号), so that 地铁2号线 and 逛街12号 stay; 8-6-501
counts after a word for a home or an estate.

Source: docs/decisions/0007-redaction.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from feedback_nlp.clean.folding import EMOJI, as_digits
from feedback_nlp.clean.spots import matches_at, stretches

_HAN = "零〇一二两三四五六七八九十百幺拾佰壹贰叁肆伍陆柒捌玖"
_N = f"[0-9{_HAN}]"
_DIGIT = "[0-9零〇一二三四五六七八九幺壹贰叁肆伍陆柒捌玖]"
# What people put between the parts of an address, and between a number and its word.
_S = rf"[ ,/·、|丨~…*_\-.{EMOJI}]{{0,3}}"
_ROOM_DIGITS = f"(?:[0-9]{{2,5}}|[零〇一二三四五六七八九幺壹贰叁肆伍陆柒捌玖]{{3,4}}|{_DIGIT}(?: {_DIGIT}){{2,3}})"
_ROOM = rf"[a-z]?{_ROOM_DIGITS}[a-z]?(?: ?(?:室|房间|房|户|号房|号))?(?![0-9])"
_DONG = "(?:号(?:宿舍|公寓|学生)?楼|号院|#楼?|[栋幢座舍冻]|dong)"
_BUILDING_END = rf"(?:{_DONG}|楼(?={_S}{_N}{{1,3}} ?(?:单元|门)))"
_DANYUAN = "(?:单[元圆园源]|danyuan|门(?!口|牌)|梯)"
_DOOR = f"(?:{_N}{{1,3}}|[a-z甲乙丙丁东西南北])"
_HOUSE = (
    rf"(?:{_N}{{1,2}} ?[期区]{_S})?(?:{_N}{{1,4}}|(?<![a-z])[a-z][0-9]{{0,2}}) ?{_BUILDING_END}{_S}"
    rf"(?:{_DOOR} ?(?:{_DANYUAN}|[\-~/·、]){_S})?(?:的|柜旁)?(?:{_N}{{1,3}} ?[楼层]{_S})?"
    rf"(?:{_ROOM}|(?<=[元圆园源门]){_N}{{1,3}} ?[号室户]|(?<=[栋幢]){_N}{{1,2}} ?[号室户](?![楼线桌院])|(?<=[楼层])[东西南北中]户|(?<=[栋幢座楼层])[0-9]{{1,2}}[a-f](?![0-9a-z])|(?<=[楼层])[a-z] ?[室户]|(?<=[栋幢楼])[0-9]{{1,2}}-[0-9]{{1,3}}(?![0-9\-]|[楼层]))"
)
_HOUSE_AND_FLOOR = rf"(?:{_N}{{1,3}}|[a-z][0-9]?) ?(?:号楼|[栋幢座]){_S}{_N}{{1,3}} ?[楼层]"
_HOUSE_AND_UNIT = rf"{_N}{{1,4}} ?(?:号楼|#楼?|[栋幢楼冻]|dong){_S}{_DOOR} ?(?:单[元圆园源]|danyuan)(?:{_S}[0-9]{{1,2}} ?[东西南北中]户?)?"
_UNIT = (
    rf"(?:{_N}{{1,3}}|[a-z]) ?单[元圆园源]{_S}(?:{_ROOM}|{_N}{{1,2}} ?[号户])"
    rf"|[甲乙丙丁东西南北]单[元圆园源][ ,]?{_ROOM}"
)
_GATE = (
    r"[0-9]{1,4}号 ?[0-9]{3,4}室|(?<=[家住在])[0-9]{3,4}[室户]"
    rf"|{_N}{{1,4}} ?弄{_S}{_N}{{1,4}} ?号(?:{_S}{_ROOM})?|{_N}{{1,3}}号院{_S}{_N}{{1,3}} ?(?:号楼?|门|排)(?:{_S}{_N}{{1,4}} ?[号室户])?"
)
_BLOCK = r"(?:(?:[a-z][0-9]?|[0-9]{1,2})区 ?)?[0-9]{1,2}街 ?[0-9]{1,3} ?[座号栋幢]"
_FLOOR = rf"{_N}{{1,3}}楼 ?[a-z]?[0-9]{{3,4}} ?(?:室|号(?![线桌餐店柜铺档]))"
_ROW = rf"(?:[区场城村院巷园坊街厂]内?{_S}|[a-z0-9]{{1,2}} ?区{_S}){_N}{{1,3}} ?排{_S}{_N}{{1,3}} ?[号室户栋](?!座|位)"
_NUMBER = rf"(?:{_S}[之甲乙丙附]?(?:[0-9]{{1,5}}(?:-[0-9]{{1,3}})?|[0-9](?: [0-9]){{1,3}})|[ ,/·、]?[{_HAN}]{{1,5}}){_S}(?:号|弄)[甲乙]?院?"
_NARROW = rf"[ /·_\-~.{EMOJI}]{{0,2}}"
_DOOR_NUMBER = f"(?:[a-z]?[0-9]{{1,2}}[0-4][0-9]|{_DIGIT}{{3,4}}|{_DIGIT}(?: {_DIGIT}){{2,3}})"
_NO_UNIT = (
    "(?![0-9a-z]| ?[年月元块米个人平天万次条张份层楼户台路线店车桌节讲课题页章集分秒度名位间])"
)
_STREET = r"[路街道巷弄同村组里](?:[东南西北村][头边口]|[东南西北中]?段?|[一二三四五六七八九十]段)"
# Hamlets, where a village or a township is near.
_HAMLET = "[屯庄寨坊湾沟坳坡坪坝堡营岗岭塘店铺集冲垸圩埠渡桥户家]"
_STREET_NUMBER = re.compile(
    rf"(?:{_STREET}|(?P<hamlet>{_HAMLET})){_NUMBER}(?![线楼口车店桌])"
    rf"(?P<more>{_S}[一-鿿]{{0,10}}{_S}(?:{_HOUSE}|{_HOUSE_AND_UNIT}|{_UNIT}|{_HOUSE_AND_FLOOR})"
    rf"|{_S}[一-鿿]{{2,10}}(?:大厦|大楼|中心|广场|公寓|新城|办公楼|写字楼|[园苑城座]){_S}(?:(?:[a-z]|[0-9]{{1,2}}) ?[区座栋期塔]{_S})?(?:{_N}{{1,3}}[楼层]|[0-9]{{3,4}}[室房]?)"
    rf"|(?:附|增)?[0-9]{{0,3}}号?{_S}{_N}{{1,2}}[楼层](?:{_S}[东西南北中]户)?|[附增之][0-9]{{1,3}}号?"
    rf"|{_S}{_N}{{1,3}} ?门{_S}{_N}{{1,4}} ?[号室户]?"
    rf"|{_NUMBER}(?:{_S}{_ROOM_DIGITS}(?:[室房]|(?![0-9])))?|{_S}{_ROOM_DIGITS} ?[室房户]|{_NARROW}{_DOOR_NUMBER}{_NO_UNIT})?"
    rf"|{_STREET}(?P<house> ?[0-9]{{1,5}}号楼 ?(?:[a-z]区 ?)?{_ROOM})"
)
_BUILDING = re.compile(
    rf"(?<![0-9])(?<!第)(?:{_HOUSE}|{_HOUSE_AND_UNIT}|{_UNIT}|{_FLOOR}|{_GATE}|{_BLOCK}|{_ROW})(?![0-9])"
)
_HINT = re.compile(
    rf"[0-9a-z{_HAN}](?: ?(?:号[楼房院]|[#栋幢舍冻]|dong|单[元圆园源]|弄|排)| ?座"
    rf"|(?<=[0-9]{{3}}) ?[室户房]|(?<={_DIGIT}{{3}}) ?[室户房]| ?号{_S}[a-z]?{_DIGIT}{{3}}|[楼层]{_S}[a-z]?{_N}{{1,3}}(?: ?门|{_N})| ?号(?:宿舍|公寓|学生)楼)"
)
_HOUSE_SIGN = re.compile("[号#栋幢舍冻单弄排座室户房楼层]|dong")
_SERIES_HINT = re.compile(rf"[0-9{_HAN}] ?[栋幢号#]? ?[\-/#杠横减~·_、 ] ?[0-9{_HAN}]")
_ESTATE = re.compile(
    "(?:小区|[业园厂校社一二三四五六七八九0-9东南西北]区|住院部|病区|[养敬]老院|福利院|家属院|花园|家园|公寓|大厦|大楼|广场|写字楼|中心|新村|山庄|公馆|国际|[苑府庭郡墅园城湾]|[和平安福康]里|[一二三四五]期) ?$"
)
_ESTATE_CHARS = 5
_IN_ESTATE = re.compile(
    rf"{_N}{{1,3}} ?(?:栋|幢|号楼)(?!别墅|房|楼(?![道上下顶梯]))(?:{_S}{_N}{{1,3}}[楼层])?|(?:{_N}{{1,3}}[楼层] ?)?(?:[a-z]座 ?)?[a-z]?(?:[0-9]{{3,5}}|{_DIGIT}{{3,4}}) ?(?:室|房(?!间)|号房|户)"
    rf"|{_N}{{1,3}}[楼层] ?[0-9]{{3,4}}(?!号?[店铺柜餐])|{_N}{{1,3}}号{_S}(?:{_DOOR}单元{_S})?[a-z]?{_DIGIT}{{3,4}}(?!{_DIGIT})"
)
_DASH = r" ?(?:[\-/#]|[杠横减]) ?"
_SERIES = re.compile(
    rf"(?<![0-9a-z\-/.#])([a-z]?[0-9]{{1,3}}[a-z]?[栋幢号#]?{_DASH}[0-9]{{1,2}} ?(?:[\-/]|[杠横减]) ?[0-9]{{3,4}})(?: ?[室户])?(?![0-9\-/.])"
)
# The same in Chinese digits, or with other marks: only where a home is spoken of.
_HAN_SERIES = re.compile(
    rf"(?<![0-9a-z{_HAN}])(({_N}{{1,3}}) ?([\-/杠横减~·_、 ]) ?{_N}{{1,3}} ?\3 ?([0-9]{{3,4}}|{_DIGIT}{{3,4}}))(?![0-9{_HAN}\-/.])"
)
_DORMITORY = re.compile(
    rf"(?:宿舍楼?|公寓|学生楼|舍|商铺|门面|店铺) ?([0-9]{{1,2}} ?- ?{_DIGIT}{{3,4}})(?![0-9\-])"
)
# A house and a door, a number and a door, a door alone: only where a home is spoken of.
_AT_HOME = re.compile(
    rf"(?<=村)({_N}{{1,3}}[组社])(?![织区会员长]){_NO_UNIT}|(?<![0-9a-z])([0-9]{{1,2}}d[0-9]{{1,2}}u[0-9]{{3,4}})(?![0-9a-z])|"
    rf"(?:[一二三四五六七八0-9][期区]|小区|花园|家园|新村|大厦|广场|国际|[苑府庭郡墅园城湾里])[ _\-.·/{EMOJI}]?({_N}{{1,2}} ?[\-_/] ?{_DIGIT}{{3,4}})(?![0-9\-]){_NO_UNIT}"
    rf"|(?:小区|花园|家园|公寓|大厦|大楼|广场|写字楼|新村|山庄|公馆|国际|宿舍|[苑府庭郡墅城湾里园])[ _]?(?:[a-z]区)?([a-z]?[0-9]{{1,2}}[0-4][0-9]|{_DIGIT}{{3,4}}){_NO_UNIT}"
    rf"|(?<![0-9第])({_N}{{1,3}} ?[号楼层]{_NARROW}{_DOOR_NUMBER} ?室?){_NO_UNIT}|(?<![0-9])([0-9]{{3,4}} ?(?:室(?!内|外)|房(?![间型子东价])|户(?!型))){_NO_UNIT}"
)
_AT_HOME_SIGN = re.compile(f"[0-9a-z{_HAN}期小花家新大广国苑府庭郡墅园城湾里公写山宿]")
_HOME_HINT = re.compile("村|[0-9]{2}[0-9室房户]|[零〇一二三四五六七八九幺]{3}")
_HOME = re.compile(
    "住|去了|到家|保洁|宽带|送货|地址|收货|寄[到至给]|送[到至去]|外卖送|送餐|家在|我家|租[的了在]|发到|发至|搬到|投诉|业主|邻居|上门"
)
_DOORPLATE = re.compile(
    r"门牌号?(?:码|是|为|:| ){0,3}((?:[0-9a-z]{1,5}[\-/ ]?){1,3}(?:号|室)?)(?![0-9a-z])"
)
_PARKING = re.compile(r"(?:车库|车位) ?([a-z]?[0-9]?-?[0-9]{1,4}号?车位)")
_SERIES_COMPANY = re.compile(
    r"小区|花园|家园|公寓|大厦|新村|山庄|公馆|国际|[苑府庭郡墅园城湾]|地址|住|收货|寄|送|放|我家|家在|搬|户|邻居|业主|楼|宿舍|门牌|上门"
)
_NO_SERIES = re.compile(r"kda|战绩|版本|比分|配装|连招|关卡|型号")
_AFTER_SERIES = re.compile(r" ?[室户住]|门口|业主")
_NO_HOME = re.compile(
    "酒店|宾馆|民宿|会议|教室|自习|包间|包厢|诊室|办公室|医院|挂号|热线|电话|金额|[¥¥$]"
)
_NOT_A_ROOM = re.compile(
    r" ?(?:[题词课页讲分节道个款年元块万度次人名层平至千型]|天(?!天)|\.[0-9]|公里|m2|m²|㎡)"
)
_NAME_LIMIT = re.compile(r"[省市区县镇乡旗州盟在住到于址是家给寄送写(:，。,.;；!！?？、\s〕）)\0]")
_DISTRICT = re.compile(r"[省市区县镇乡旗]")
_VILLAGE = re.compile("[村镇乡县]|老家|农村")
_COMPANY = re.compile(
    r"地址|住|收货|寄|送|小区|家在|我家|老家|他家|家里|搬|上门|快递|邮|[村镇]|我在|放[到在]|发[到错]|导航|停在|位于|门牌|投诉|报修|取件|装机|安装|宽带|户籍|户口|租[在的了]|退[到回货]|收件"
)
_NOT_A_STREET = frozenset("线公铁网电思出套")
# A street that says by itself that it is one (东路, 大道, 巷), and one with two characters of a
# name, whose number counts where it is no day of a month.
_TELLING_STREET = re.compile(r"[一-鿿](?:[东南西北中][路街]|大[道街]|胡同|巷)")
_NAMED_STREET = re.compile(r"[一-鿿]{2}[路街]")
_DAYS = 31
_FIRST_NUMBER = re.compile("[0-9]{1,5}")
_LIVED_IN = re.compile("找不到|吵|邻居|扰民|门口|住户|楼上|楼下|收不到|没收到|停气|断网")
_AFTER_CHARS = 12
_DOORS_OF_A_FLOOR = 40
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
    if _HOUSE_SIGN.search(folded) and _HINT.search(folded):
        yield from _houses(folded)
    if _SERIES_HINT.search(folded):
        yield from _series(folded)
    home = _HOME.search(folded)
    if home and _HOME_HINT.search(folded, home.end()):
        places = (match.start() for match in _AT_HOME_SIGN.finditer(folded, home.end()))
        for match in matches_at(_AT_HOME, folded, places):
            before = folded[max(0, match.start() - _COMPANY_CHARS) : match.start()]
            if _HOME.search(before) and not _NO_HOME.search(before):
                group = match.lastindex or 0
                yield match.span(group)
    if "门牌" in folded:
        yield from (match.span(1) for match in _DOORPLATE.finditer(folded) if match[1][0].isdigit())


def _houses(folded: str) -> Iterator[tuple[int, int]]:
    """Yield houses and rooms; only near the hints, since the patterns are slow to start."""
    for left, right in stretches(_HINT, folded, _HINT_CHARS, _HINT_CHARS):
        for match in _BUILDING.finditer(folded, left, right):
            if not _NOT_A_ROOM.match(folded, match.end()) and not _counts(folded, match):
                yield match.span()
        for match in _IN_ESTATE.finditer(folded, left, right):
            before = folded[max(0, match.start() - _ESTATE_CHARS) : match.start()]
            if _ESTATE.search(before) and not _counts(folded, match):
                yield match.span()


def _counts(folded: str, match: re.Match[str]) -> bool:
    """Tell whether houses and homes are counted: 一共6栋1200户."""
    before = folded[max(0, match.start() - 2) : match.start()]
    return match[0].endswith("户") and (match[0].endswith("00户") or "共" in before)


def _series(folded: str) -> Iterator[tuple[int, int]]:
    """Yield 8-6-501 and its like where a home is spoken of."""
    for match in _SERIES.finditer(folded):
        before = folded[max(0, match.start() - _COMPANY_CHARS) : match.start()]
        last = re.split(r"[\-/杠横减]", match[1])[-1].strip()
        if _NO_SERIES.search(before) or (len(last) == 4 and last[:2] in {"19", "20"}):
            continue
        if (
            "#" in match[1]
            or _SERIES_COMPANY.search(before)
            or _is_room(before, last)
            or _AFTER_SERIES.match(folded, match.end(1))
        ):
            yield match.span()
    for match in _HAN_SERIES.finditer(folded):
        before = folded[max(0, match.start() - _COMPANY_CHARS) : match.start()]
        if match[3] == " " and not 1 <= int(as_digits(match[4])[-2:]) <= _DOORS_OF_A_FLOOR:
            continue
        if _SERIES_COMPANY.search(before) and not _NO_SERIES.search(before):
            yield match.span(1)
    for pattern in (_DORMITORY, _PARKING):
        yield from (match.span(1) for match in pattern.finditer(folded))


def _is_room(before: str, last: str) -> bool:
    """Tell whether a series right behind a word ends in a number that a door may have."""
    return "一" <= before[-1:] <= "鿿" and 1 <= int(last[-2:]) <= 12


def _street_start(folded: str, match: re.Match[str]) -> int | None:
    """Return where the street's name begins, or ``None`` if this is no private address."""
    left = match.start()
    before = folded[max(0, left - _COMPANY_CHARS) : left]
    if match["hamlet"] and not _VILLAGE.search(before):
        return None
    if match["more"] is None and match["house"] is None:
        if before[-1:] in _NOT_A_STREET:
            return None
        after = folded[match.end() : match.end() + _AFTER_CHARS]
        alone = left <= _NAME_CHARS and not after
        told = _DISTRICT.search(before) or _COMPANY.search(before) or _LIVED_IN.search(after)
        if not (told or alone or _is_sure(folded, match)):
            return None
    window = folded[max(0, left - _NAME_CHARS) : left]
    name_start = max((limit.end() for limit in _NAME_LIMIT.finditer(window)), default=0)
    return left - len(window) + name_start


def _is_sure(folded: str, match: re.Match[str]) -> bool:
    """Tell whether a street and its number are an address whatever stands around them."""
    number = _FIRST_NUMBER.search(match[0])
    if number is None:
        return False
    street = folded[max(0, match.start() - 2) : match.start() + number.start()]
    if _TELLING_STREET.search(street):
        return True
    return int(number[0]) > _DAYS and _NAMED_STREET.search(street) is not None
