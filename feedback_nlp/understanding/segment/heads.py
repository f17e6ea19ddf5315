"""Where people say themselves that a new point begins: lines, heads, enumerations.

A review may be a form (屏幕：… 续航：…), a list (1) … 2) …), an ordered speech (第一…第二…) or
one line a point. Its writer has cut it already; no model needs to guess.
"""

from __future__ import annotations

import re
from typing import NamedTuple

#: Heads that need no second one beside them.
_KNOWN = (
    "优点|缺点|优势|劣势|不足|好评|差评|建议|问题|总结|整体|亮点|槽点|好的地方|不好的地方|需要改进"
)
_BEFORE = r"(?:^|(?<=[\n。！？!?；;，,、…~～ \t]))"
# A short head of Han before a colon; an emoji or a bracket may stand before it.
_HEAD = re.compile(
    _BEFORE
    + r"[^\w\s。！？!?；;，,、]{0,3}[【\[「]?(?P<head>[\u4e00-\u9fff]{2,6})[】\]」]?[：:](?![\d/])",
    re.MULTILINE,
)
_KNOWN_HEAD = re.compile(rf"(?:{_KNOWN})(?:的?是)?")
_KNOWN_OPENING = re.compile(
    _BEFORE + r"(?:优点|缺点|优势|劣势|槽点|不足之处)(?:就?是|有|在于|[：:，,])", re.MULTILINE
)
# Who speaks is no head of a point: 客服说：…
_SPEECH = re.compile(
    r"(?:说|道|问|答|讲|表示|回复|显示|提示|写着|告诉我|原话|客服|用户|店家|商家|卖家|买家|老板|医生|老师)$"
)
_NUMBERED = re.compile(r"[（(]?(?<![\w.])\d{1,2}[)）](?=\s*[^\s\d)）])")
_LINE = re.compile(r"\n+[ \t\u3000]*(?=\S)")
_NOT_COUNTED = r"(?![次天个款代名位季集章期年月周批步时张条件家遍回场局眼站轮排节堂步])"
_SERIES = tuple(
    (re.compile(first), re.compile(_BEFORE + following, re.MULTILINE))
    for first, following in (
        ("第一" + _NOT_COUNTED, "第[一二三四五六七八九]" + _NOT_COUNTED),
        ("一是", "[一二三四五六]是"),
        ("其一", "其[一二三四五]"),
        ("首先", "(?:首先|其次|再次|再者|最后)"),
    )
)  # fmt: skip
_HINTS = re.compile(r"[\n：:)）]|第一|一是|其一|首先|优点|缺点|优势|劣势|槽点|不足")


class Head(NamedTuple):
    """A place where a unit must begin.

    Attributes:
        start: Offset of the unit.
        solid_until: Up to here nothing is cut: a head stays with what it heads.
    """

    start: int
    solid_until: int


def find_heads(text: str) -> list[Head]:
    """Return the places in order, the text's own start left out."""
    if not _HINTS.search(text):
        return []
    found: dict[int, int] = {}
    for match in _LINE.finditer(text):
        found[match.end()] = match.end()
    heads = [m for m in _HEAD.finditer(text) if not _SPEECH.search(m["head"])]
    enough = len(heads) > 1
    for match in heads:
        if enough or _KNOWN_HEAD.fullmatch(match["head"]):
            found[match.start()] = max(found.get(match.start(), 0), match.end())
    for match in _KNOWN_OPENING.finditer(text):
        found[match.start()] = max(found.get(match.start(), 0), match.end())
    numbered = list(_NUMBERED.finditer(text))
    if len(numbered) > 1:
        found |= {match.start(): match.end() for match in numbered}
    for first, following in _SERIES:
        if first.search(text):
            places = list(following.finditer(text))
            if len(places) > 1:
                for match in places:
                    found[match.start()] = max(found.get(match.start(), 0), match.end())
    return [Head(start, found[start]) for start in sorted(found) if start > 0]
