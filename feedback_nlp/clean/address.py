"""Finds house-level addresses: chains of parts that say enough together.

Each part of an address has a weight (:mod:`address_parts`); parts that stand side by side are a
chain, which counts from 3 on. 翠湖苑3幢602 is one wherever it stands; 中山路8号 and 8-6-501 are
where somebody lives there, sends something there or has trouble there; a ward, a seat and a shop
in a mall weigh less. Province, city and district before it are kept for analysis.

Source: docs/decisions/0007-redaction.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from feedback_nlp.clean.address_parts import DIGIT, HINT, MARKS, PARTS, PATTERN, N
from feedback_nlp.clean.folding import as_digits
from feedback_nlp.clean.spots import stretches

_ENOUGH = 3.0
_VETO = 1.5
_SURE_STREET = 3.0
_HINT_CHARS = 30
_NAME_CHARS, _BEFORE_CHARS, _AFTER_CHARS = 8, 14, 10
_WORDS = (
    r"(?:[的里内旁前后侧号组东西南北]|里面|靠近|附近|[东西南北正]门|地[下上](?:车库|停车场)?"
    r"|商铺|门面|底商|车间|室|负一层)"
)
# What may stand between a part and a number behind it, and between a part and a name behind it.
_TO_NUMBER = re.compile(rf"[,]?{MARKS}{{0,3}}{_WORDS}?,?{MARKS}{{0,3}}")
_TO_DOOR = re.compile(rf"{MARKS}{{0,3}}{_WORDS}?{MARKS}{{0,3}}")
_TO_NAME = re.compile(rf",?{MARKS}{{0,3}}[一-鿿a-z0-9]{{0,8}}")
_NO_NAME = re.compile(r"[的了在是我你他她它们这那就都也还很太不没有着过给把被让去来住寄送跟和与]")
_BEFORE = re.compile(
    r"地址|收货|寄|送|住(?!院)|家在|我家|他家|老家|家里|邮|门牌|搬|我在|停(?![车电水气止工])|装在|发[到错]|放[到在]?|业主|邻居"
    r"|楼[上下]|收件|户籍|户口|装机|安装|宽带|上门|报修|租|投诉|取件|退[到回货]|去了|位于|导航|到家"
)
_AFTER = re.compile(
    r"找不到|吵|邻居|扰民|门[口前]|住|楼[上下]|收不?收?到|没不?收?到|停[气水电]|断网|漏水|业主|反映|没热水|渗水|快递柜|信箱|管家|物业|宿舍"
)
_ELSEWHERE = re.compile(
    r"酒店|宾馆|民宿|旅馆|客栈|医院(?!住院部)|诊室|教室|教学|自习|实验楼|图书馆|包[间厢房]|会议|影[厅院]|剧院|商场|专柜|展[馆位]"
    r"|景区|地铁|公交|航站|站台|门诊|食堂|窗口|比[赛分]|演出|内场|看台|座位|体育馆|停车[场位]|版本|kda|型号|战绩|配装|连招|门店(?!在)|热线|电话|客服|挂号|办公室|金额|¥|\$"
)
_TELLING_STREET = re.compile(r"[一-鿿](?:[东南西北中][路街]|大[道街]|胡同|巷)")
_TWO_CHARACTERS = re.compile("[一-鿿]{2}")
_NO_STREET = frozenset("线公铁网电思出套")
_DOORS_OF_A_FLOOR = 12
_LAST_DIGITS = re.compile(f"{DIGIT}+")
_HAMLET = re.compile("[一-鿿]{0,3}[^处局会部司线文厅所第府]")
_MOST_PARTS = 16
_DAYS = 31
_FIRST_NUMBER = re.compile("[0-9]+")
_HAN_OVER_A_MONTH = re.compile(
    "[百佰]|[四五六七八九肆伍陆柒捌玖][十拾]|[三叁][十拾][二三四五六七八九贰叁肆伍陆柒捌玖]"
)
_CLAUSE_ENDS = ",。!;?"
_MANY_A_NAME = frozenset({"一号", "壹号"})  # 梅溪湖壹号 is an estate
_MORE_HOUSES = re.compile(rf"[,、和及到至~\- ]?{N}{{1,3}} ?(?:号楼|[栋幢])(?!{N}|[单门])")
# What makes a number with 号 that of a line, a shop or a day.
_NO_DOOR = re.compile(
    r" ?(?:[线桌店铺柜窗口台厅场令早晚前到截开才就我员技球馆船位航教练药油味色码楼院]|路车|户型|公交|机(?!房)|文件|[上下]午"
    r"|下单|发货|那天|选手|车(?!位)|登机)"
)
_NAME_LIMIT = re.compile(
    r"[省市区县镇乡旗州盟在住到于址是家给寄送写停说放去过堵派(:，。,.;；!！?？、\s〕）)\0]"
)
_HALVED = frozenset({"estate", "admin", "big", "road", "floor", "stage"})  # when said again
_NEAR_DOORS = frozenset({"bare", "spaced", "flat", "extra", "small_room"})
_DEPENDS = frozenset({"street", "estate", "door", "bare", "series"})  # on what stands around
_BESIDE = frozenset({"stage", "floor", "yard"})  # say where, and stand beside a number
_AFTER_NAMES = frozenset({"admin", "big", "estate", "road", "street"})
_BEFORE_NAMES = frozenset({*_AFTER_NAMES, "stage", "yard"})
_STREETLIKE = frozenset({"road", "admin", "estate"})  # a number of its own names a home there
_AFTER_A_HOUSE = frozenset({"group", "street", "building", "stage"})


@dataclass(slots=True)
class _Chain:
    """Parts side by side: where they stand, what they are, what they weigh together.

    Attributes:
        house: Where the first part begins that tells a house or a door.
        street: Where the word begins that a street with a number ends in, if one is told first.
    """

    start: int
    end: int
    house: int = -1
    street: int | None = None
    kinds: list[str] = field(default_factory=list)
    weight: float = 0.0
    start_of_last: int = -1

    @property
    def has_house(self) -> bool:
        """Whether it tells a house or a door."""
        return self.house >= 0

    def add(self, kind: str, weight: float, start: int, end: int) -> None:
        """Take one part more; a second name of a kind says half as much."""
        self.weight += weight / 2 if kind in _HALVED and kind in self.kinds else weight
        if self.house < 0 and PARTS[kind].is_number:
            last = self.kinds[-1] if self.kinds else ""
            self.house = self.start_of_last if last in _BESIDE else start
            if kind == "street":
                self.street = start
            elif last in _STREETLIKE and kind in {"door", "group"}:
                self.street = self.start_of_last
        self.kinds.append(kind)
        self.start_of_last = start
        self.end = end


def find_addresses(folded: str) -> Iterator[tuple[int, int]]:
    """Yield ``(start, end)`` of house-level addresses in a folded (half-width, lower) text."""
    for left, right in stretches(HINT, folded, _HINT_CHARS, _HINT_CHARS):
        for chain in _chains(folded, left, right):
            if chain.has_house and _says_enough(folded, chain):
                yield _start(folded, chain), chain.end


def _chains(folded: str, left: int, right: int) -> Iterator[_Chain]:
    """Yield the chains of parts between two places."""
    chain: _Chain | None = None
    for match in PATTERN.finditer(folded, left, right):
        kind = match.lastgroup or ""
        part = PARTS[kind]
        start, end = match.span()
        if kind == "street" and folded[start - 1 : start] in _NO_STREET:
            continue
        goes_on = chain is not None and _goes_on(folded, chain, kind, start)
        last = chain.kinds[-1] if chain is not None and goes_on else ""
        if part.behind and last not in part.behind:
            continue
        is_other = kind == "door" and (_NO_DOOR.match(folded, end) or match[0] in _MANY_A_NAME)
        if is_other and last not in _AFTER_A_HOUSE:
            continue
        if last == "group" and match[0].endswith("座"):
            continue  # 7排12座 is a seat
        if chain is None or not goes_on:
            if chain is not None:
                yield chain
            chain = _Chain(start, end)
        weight = _weight(folded, kind, match, chain) if kind in _DEPENDS else part.weight
        chain.add(kind, weight, start, end)
    if chain is not None:
        yield chain


def _goes_on(folded: str, chain: _Chain, kind: str, start: int) -> bool:
    """Tell whether a part that begins at ``start`` continues a chain."""
    last = chain.kinds[-1]
    if (kind == last == "building") or len(chain.kinds) == _MOST_PARTS:
        return False  # 5栋6栋: houses are told, not one of them
    if kind == "stage" and last == "door":
        return False
    gap = folded[chain.end : start]
    if not gap:  # side by side, as nearly all parts of an address are
        return PARTS[kind].is_number or kind in _BESIDE or last in _BEFORE_NAMES
    if kind in _NEAR_DOORS:
        return _TO_DOOR.fullmatch(gap) is not None
    if kind.startswith("western") and len(gap) <= 3:
        return not gap.strip(" ,.")
    is_name = _TO_NAME.fullmatch(gap) is not None and not _NO_NAME.search(gap)
    if PARTS[kind].is_number or kind in _BESIDE:
        if _TO_NUMBER.fullmatch(gap):
            return True
        if kind == "door":
            return last in {"admin", "big"} and is_name and _HAMLET.fullmatch(gap) is not None
        return kind in {"street", "spot", "building", "stage"} and is_name and last in _AFTER_NAMES
    return is_name and last in _BEFORE_NAMES


def _weight(folded: str, kind: str, match: re.Match[str], chain: _Chain) -> float:
    """Return what a part weighs where it stands, if that depends on what stands around."""
    weight = PARTS[kind].weight
    start = match.start()
    if kind == "street":
        return _SURE_STREET if _is_sure(folded, match) else weight
    if kind == "estate" and not chain.kinds:
        before = folded[max(0, start - 2) : start]
        if _TWO_CHARACTERS.fullmatch(before) and not _NO_NAME.search(before):
            return weight + 0.5  # it has a name
    if kind == "door" and (chain.kinds[-1:] == ["group"] or folded[start - 1 : start] == "村"):
        return weight + 0.5
    if kind == "door" and chain.kinds and _TWO_CHARACTERS.match(folded, chain.end):
        return weight + 1  # 思明区曾厝垵292号: a hamlet's name between
    if kind == "bare" and chain.kinds[-1] == "estate":
        return weight - 0.5
    if kind == "series" and (
        match[0][-1] in "室户" or _is_door(match[0], folded[start - 1 : start])
    ):
        return weight + 0.5
    return weight


def _is_door(series: str, before: str) -> bool:
    """Tell whether a series behind a name ends as a door's number does."""
    last = as_digits(_LAST_DIGITS.findall(series)[-1])
    return "一" <= before <= "鿿" and 1 <= int(last[-2:]) <= _DOORS_OF_A_FLOOR


def _is_sure(folded: str, match: re.Match[str]) -> bool:
    """Tell whether a street says by itself that it is one (东路, 大道, 巷), or its number does."""
    start = match.start()
    if any(_TELLING_STREET.match(folded, max(0, start - back)) for back in range(3)):
        return True
    number = _FIRST_NUMBER.match(match["number"])
    name = folded[max(0, start - 2) : start]
    is_no_day = (
        int(number[0]) > _DAYS if number else _HAN_OVER_A_MONTH.search(match["number"]) is not None
    )
    return is_no_day and _TWO_CHARACTERS.fullmatch(name) is not None


def _says_enough(folded: str, chain: _Chain) -> bool:
    """Tell whether a chain is an address where it stands."""
    start, end = chain.start, chain.end
    weight = chain.weight
    if start <= _NAME_CHARS and end == len(folded) and _is_whole(folded, chain):
        weight += 1  # nothing else is said
    if weight + 1 < _ENOUGH:
        return False  # whatever stands around it
    if folded[end - 3 : end] == "00户" or "共" in folded[max(0, chain.house - 2) : chain.house]:
        return False  # houses and homes are counted: 一共6栋1200户
    if _MORE_HOUSES.match(folded, end):
        return False  # and told one by one: 5栋6栋都停电
    if _BEFORE.search(folded, max(0, start - _BEFORE_CHARS), end) or _AFTER.search(
        folded, end, end + _AFTER_CHARS
    ):
        weight += 1
    if weight < _ENOUGH:
        return False
    near = max(0, start - _NAME_CHARS)
    if len(chain.kinds) > 1:  # a room alone is also one that was spoken of a clause ago
        near = max(near, *(folded.rfind(mark, near, start) for mark in _CLAUSE_ENDS))
    said = _ELSEWHERE.search(folded, near, end + 3)
    if (
        said
        and "bed" not in chain.kinds
        and not (said.start() >= end and folded[end] in _CLAUSE_ENDS)
    ):
        weight -= _VETO
    return weight >= _ENOUGH


def _is_whole(folded: str, chain: _Chain) -> bool:
    """Tell whether a chain may be an address that is all of a text: 人民路8号, 锦园12-2-1803."""
    before = folded[chain.start - 1 : chain.start]
    return "street" in chain.kinds or (chain.kinds[0] == "series" and "一" <= before <= "鿿")


def _start(folded: str, chain: _Chain) -> int:
    """Return where the house begins, its street's name included; estate and village stay."""
    if chain.street is None:
        return chain.house
    window = folded[max(0, chain.street - _NAME_CHARS) : chain.street]
    name = max((limit.end() for limit in _NAME_LIMIT.finditer(window)), default=0)
    return chain.street - len(window) + name
