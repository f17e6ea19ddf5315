"""The parts that addresses are written of, and how much each says for an address.

Chinese addresses are chains: 县 村 路 with a number, an estate, its building, its stair, a floor,
a door. No part is telling by itself (地铁2号线, 3楼, 朝阳区), a few in a row are. Patterns read
the folded text (:mod:`folding`); every repetition is bounded.

Source: docs/decisions/0007-redaction.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from feedback_nlp.clean.alternatives import by_first_class
from feedback_nlp.clean.folding import EMOJI

HAN = "零〇一二两三四五六七八九十百廿卅幺拾佰壹贰叁肆伍陆柒捌玖"
N = f"[0-9{HAN}]"
DIGIT = "[0-9零〇一二三四五六七八九幺壹贰叁肆伍陆柒捌玖]"
#: What people put between the parts of an address, and between a number and its word.
MARKS = rf"[ /·、|丨~…*_\-.:()#{EMOJI}]"
#: Three or four digits, as the door of a flat has.
DOOR = rf"(?:[0-9]{{3,4}}|{DIGIT}{{3,4}}|{DIGIT}(?: {DIGIT}){{2,3}})"

_JOIN = r" ?[\-/~·_杠横减] ?"
_NOT_COUNTED = (
    r"(?![0-9a-z]| ?(?:[年月日元块米个人平万次分条张份名间题词页章节课岁本集局关级道首款件店铺柜桌台路线多余户千吨伏%.:]"
    r"|天(?!天)|大?卡))"
)
# A first look, which only saves time: the words for a house behind its number are many.
_HOUSE_FOLLOWS = "(?=号?[ (]?(?:[栋幢舍冻座#d宿公家车厂仓]|号[宿公学职教家 .楼院车厂仓]))"
_NOT_WITHIN = "(?<![家这那哪店屋村城楼群心手公区路])"


class Part(NamedTuple):
    """One kind of part.

    Attributes:
        weight: How much it says for an address; a chain needs 3.
        pattern: A regular expression.
        is_number: Whether it tells a house or a door; a chain needs one.
        behind: The kinds that it must stand behind to be a part at all; none if anywhere.
    """

    weight: float
    pattern: str
    is_number: bool = True
    behind: frozenset[str] = frozenset()


_HOUSES = frozenset({"building", "unit", "floor"})
#: By kind; where several match at a place, the first one counts.
PARTS: dict[str, Part] = {
    # 8d2u1502: building, unit and door in one word
    "code": Part(3.0, r"(?<![0-9a-z])[0-9]{1,2}d[0-9]{1,2}u[0-9]{3,4}(?![0-9a-z])"),
    "street": Part(
        2.0,
        rf"(?:(?<=[一-鿿 ])|(?<=[园区城][0-9]))(?:大?[路街道巷弄同]|大?[路街道][东南西北中]?[一二三四五六]?段|[路街道][东南西北中]){MARKS}{{0,2}}"
        rf"[附之甲乙丙]?(?P<number>[0-9]{{1,5}}(?:-[0-9]{{1,3}})?|[0-9](?: [0-9]){{1,3}}|[{HAN}](?: ?[{HAN}]){{0,4}})"
        rf"{MARKS}{{0,2}}[号弄巷](?!线|公路|高速|[ .]?楼(?!下|上)|口|车)[甲乙]?院?",
    ),
    "series": Part(
        2.5,
        rf"(?<![0-9a-z.\-/])[a-z]?{N}{{1,3}}[甲乙丙丁]?{_JOIN}{N}{{1,3}}{_JOIN}(?:[0-9]{{2,4}}|[0-9]{{1,2}}[a-h]|{DIGIT}{{2,4}})(?![0-9a-z]|[\-/.][0-9]| ?[平%米元栋号#分秒天人次件])(?: ?[室户])?",
    ),
    "spaced": Part(
        2.0,
        r"(?<![0-9a-z.\-/])[0-9]{1,2} [0-9]{1,2} [0-9]{3,4}(?![0-9\-/. ])",
        behind=frozenset({"estate", "building"}),
    ),
    "steps": Part(
        2.0,
        r"(?<![0-9a-z.\-/])[1-9][0-9]?-[1-9][0-9]?-[1-9][0-9]?(?![0-9\-/.a-z]|[年月日])",
        behind=frozenset({"estate"}),
    ),
    "lane": Part(1.0, rf"(?<![0-9第]){N}{{1,4}} ?[巷弄](?![口子头里堂])"),
    "pair": Part(
        2.0, rf"(?<![0-9a-z.\-/])[a-z]?{N}{{1,2}}{_JOIN}[a-z]?{DOOR}{_NOT_COUNTED}(?![\-/])"
    ),
    "villa": Part(1.5, r"[0-9]{1,3}(?:-[0-9]{1,2})?号?别?墅"),
    "building": Part(
        1.5,
        rf"(?<![0-9])第?{N}{{1,4}}{_HOUSE_FOLLOWS}号?[ (]?(?:号(?:(?:宿舍|公寓|学生|职工|教工|家属)?[ .]?楼(?![梯道])|公寓|宿舍)|(?<![一两几])[栋幢舍冻]|(?<=一)[栋幢](?= ?{N}{{1,3}} ?(?:[单门]|{DIGIT}))|(?<![一两几第].)(?<![一两几])座(?![大城山桥塔楼岛])|#(?: ?楼)?(?!线)|dong|(?:宿舍|公寓|家属)楼|号院|号?(?:车间|厂房|仓))\)?(?:[东西南北]侧)?"
        r"|[0-9]{1,2}街 ?[0-9]{1,3} ?[座号栋幢]|(?<![a-z0-9])[a-z][0-9]{0,2} ?[座栋幢塔]|[甲乙丙丁东西南北]座|[东西南北主副]楼(?=[0-9]{1,2} ?[层楼])",
    ),
    "unit": Part(
        1.5,
        rf"(?<!第)(?:{N}{{1,3}}|[a-z甲乙丙丁])[ (]?(?:单[元圆园源]|单(?= ?{DOOR})|danyuan|门(?![口店牌诊课面票外前])|梯(?![队级度]))\)?|[东西南北]单[元圆园源]",
    ),
    "group": Part(1.0, rf"(?<![0-9第]){N}{{1,3}} ?[组队社排](?![织合词员长列名成建区会团里])"),
    "stage": Part(
        0.5,
        rf"(?<!第){N}{{1,2}} ?[期区](?!间)|(?<![a-z0-9])[a-z][0-9]{{0,2}} ?区",
        is_number=False,
    ),
    "floor": Part(
        0.5,
        rf"(?:地下|负)?(?:{N}{{1,3}}|b[0-9]) ?[楼层](?![梯道])|(?<![0-9a-z])[0-9]{{1,2}}f(?![a-z0-9])",
        is_number=False,
    ),
    "room": Part(
        2.0,
        rf"[a-z]?{DOOR}[ (]?(?:室(?![内外友])|号?房(?![间型子东价租贷产屋客]))\)?",
    ),
    "bed": Part(
        1.5, rf"加?{N}{{1,3}} ?床(?![位单垫上])", behind=frozenset({"floor", "room", "estate"})
    ),
    "household": Part(
        1.5,
        rf"{DOOR} ?户(?![型外口数人业居村住家])",
        behind=frozenset({*_HOUSES, "estate", "pair", "door", "street", "stage"}),
    ),
    "small_room": Part(
        1.0,
        rf"(?<![0-9{HAN}])第?(?:[0-9]{{1,2}}|[{HAN}]{{1,3}}) ?[室户](?![型外口数内友人])",
        behind=frozenset({*_HOUSES, "group", "door", "street"}),
    ),
    "flat": Part(
        1.5,
        r"(?<![0-9a-z])[0-9]{1,2}[ \-]?[a-h](?![0-9a-z])|(?<![0-9a-z])[a-z]?[0-9]{1,2}-[0-9]{1,2}(?![0-9\-a-z])|(?<=[楼层])[a-z](?![a-z0-9])|(?<=[元楼层栋]) ?[东西南北中]户",
        behind=frozenset({*_HOUSES, "stage"}),
    ),
    "extra": Part(1.0, r"[增附之][0-9]{1,3}号?", behind=frozenset({"street", "door"})),
    "spot": Part(
        2.0,
        rf"(?=[a-z0-9\-]{{1,9}}号?[车摊])[a-z]?[0-9]{{0,2}}-?[a-z]?[0-9]{{1,4}}号?(?:车位|摊位)|[东西南北村前后巷街][头边口侧面尾]?(?:第|数|起第){N}{{1,3}} ?(?:[家户栋间排]|个门)",
    ),
    "yard": Part(
        1.0,
        r"[前后东西南北]院|[东西南北]头|村口|巷口|平房|老宅|自建房|(?<!居)民房",
        is_number=False,
    ),
    "door": Part(1.0, rf"(?<![0-9第])[甲乙]?{N}{{1,5}}(?:-[0-9]{{1,3}})?{MARKS}?号"),
    "bare": Part(
        1.5,
        rf"(?<![0-9.])[a-z]?{DOOR}[a-z]?{_NOT_COUNTED}",
        behind=frozenset({*_HOUSES, "estate", "pair", "door", "stage", "street", "small_room"}),
    ),
    "estate": Part(
        1.0,
        r"小区|花园|家园|公寓楼?|大厦|大楼|写字楼|办公楼|新村|山庄|公馆|国际|广场|中心|(?:学生|教工|职工)?宿舍楼?|家属[院楼区]|大院|新城|(?:产业|工业|科技|创业)园|工业区|开发区|新区|厂区|住院部|[内外]科楼|病区|[养敬]老院|福利院|市场"
        rf"|(?<=[一-鿿]{{2}})(?:[苑庭郡湾坊轩阁邸筑庄寨屯湖园城居岛洲港]|(?<!别)墅|(?<![政首官])府|[邨村]|[楼阁](?=[0-9]{{3,4}})|{_NOT_WITHIN}里)",
        is_number=False,
    ),
    "admin": Part(1.0, r"街道|社区|[县镇乡村旗]", is_number=False),
    "road": Part(
        1.0,
        r"(?<=[一-鿿])(?:大?[路街巷弄]|(?<![国省县乡轨频通管渠知报地跑味难])道|胡同)",
        is_number=False,
    ),
    "western_street": Part(
        2.0,
        r"(?<![0-9a-z])[0-9]{1,5}[a-z]?,? (?:[a-z]{2,14} ){1,4}(?:road|rd|street|avenue|ave|boulevard|blvd)(?![a-z])"
        r"|(?<![a-z])[a-z]{3,14}(?: ?(?:dong|xi|nan|bei|zhong))? ?(?:lu|jie|dadao|da dao) ?[0-9]{1,5}(?: ?hao)?(?![0-9a-z])",
    ),
    "western_door": Part(
        1.5,
        r"(?<![a-z])(?:flat|apt|apartment|room|rm|suite|dorm|building|bldg|block|tower)\.? ?#?(?:[0-9]{1,4}[a-z]?|[a-z])(?![0-9a-z])",
    ),
    "western_lane": Part(1.0, r"(?<![a-z])(?:lane|no\.?) ?[0-9]{1,5}(?![0-9a-z])"),
    "western_road": Part(
        1.0,
        r"(?<![a-z])[a-z]{3,14} (?:road|rd|street|avenue|ave)(?![a-z])",
        is_number=False,
    ),
    "big": Part(0.5, r"自治[区州]|[省市区州]", is_number=False),
}
_NAMES = ("street", "yard", "estate", "admin", "road", "big")
_WESTERN = ("western_street", "western_door", "western_lane", "western_road")
_BEGIN_NAMES = (
    "路街道巷弄同大胡前后东西南北村巷口平老自民小花家公写办新山国广中学教职宿产工科创开厂住病养敬福市"
    "苑庭郡湾坊轩阁邸筑庄寨屯湖园城居岛洲港墅府里社县镇乡旗省区州内外邨楼"
)
_BEGIN_NUMBERS = f"0-9a-z{HAN}第甲乙丙丁东西南北地负增附之"
_BEGIN_SPOT = "0-9a-z东西南北村前后巷街"
_LAST_NUMBERS = ("door", "bare")
# 8号 can be no other part, unless one of these follows; so most doors ask two kinds, not twenty.
_ONLY_A_DOOR = rf"(?!{N}{{1,5}}号(?:[^ (.号栋幢舍冻座#d宿公学职教家楼院车厂仓房别墅摊]|\Z))"


def _alternatives(begin: str, kinds: Iterable[str]) -> str:
    """Return a pattern of some kinds that asks for none where no first character stands."""
    return f"(?=[{begin}])(?:{'|'.join(f'(?P<{kind}>{PARTS[kind].pattern})' for kind in kinds)})"


PATTERN = re.compile(
    _alternatives("0-9a-z", _WESTERN)
    + "|"
    + _ONLY_A_DOOR
    + _alternatives(
        _BEGIN_NUMBERS, (k for k in PARTS if k not in (*_NAMES, *_WESTERN, "spot", *_LAST_NUMBERS))
    )
    + "|"
    + _alternatives(_BEGIN_SPOT, ["spot"])
    + "|"
    + _alternatives(_BEGIN_NUMBERS, _LAST_NUMBERS)
    + "|"
    + _alternatives(_BEGIN_NAMES, _NAMES)
)
#: Where an address may be: a number beside one of its words, numbers side by side, an estate and a door.
HINT = re.compile(
    by_first_class(
        (
            f"0-9a-z{HAN}",
            "[ (]?(?:[号弄巷床单#栋幢座塔舍冻排室户房组队社区楼层]|dong|lu[ 0-9]|jie[ 0-9]|road|street|apt|room|danyuan|车位|d[0-9])",
        ),
        (f"0-9{HAN}", rf" ?[\-/·~_杠横减 ] ?{N}"),
        ("第数", f"{N}{{1,3}} ?[家户栋间排]"),
        ("厦园苑府庭郡墅湾里城心场院寓舍楼居庄村际馆", f"{MARKS}?[a-z]?{DIGIT}{{3}}"),
    )
)
