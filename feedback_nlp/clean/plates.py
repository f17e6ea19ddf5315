"""Finds licence plates: by their form, where the province is a common word with more evidence.

Source: GA 36-2018 for the forms; docs/decisions/0007-redaction.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from feedback_nlp.clean.codes import GLUE, JOINER, MARK_WORDS
from feedback_nlp.clean.findings import PersonalDatum, digit_count
from feedback_nlp.clean.folding import DIVIDERS, EMOJI, HAN_DIGITS, as_digits

_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_MARK = rf"(?:[ ·•.,、~…/|丨_*+\-→()【】\[\]「」{EMOJI}]{{0,3}}|[ ]?(?:点|杠|横杠|减号|空格|dash|dot) ?|{JOINER})"
_BETWEEN = rf"(?:[{DIVIDERS}]{{0,3}}| ?{MARK_WORDS} ?|{JOINER})"
_SIGN = f"[a-z0-9{HAN_DIGITS}]"
_PLATE = re.compile(
    rf"([{_PROVINCES}]) ?{_MARK}([a-hj-np-z])(?:牌|字头)?{_MARK}"
    rf"((?:{_SIGN}{_BETWEEN}){{4}}[a-z0-9{HAN_DIGITS}挂学警港澳领临应](?:(?<=应)急|{_BETWEEN}[a-z0-9临](?![a-z0-9]))?)(?![0-9a-z])"
)
_BODY = re.compile(
    r"[df][a-hj-np-z0-9][0-9]{4}|[a-hj-np-z]{2}[0-9]{4}|[0-9]{5}[df]|[a-hj-np-z0-9]{5}临?|[a-hj-np-z0-9]{4}(?:[挂学警港澳领]|应急?)"
)
_MARKS = re.compile(f"[^a-z0-9{HAN_DIGITS}挂学警港澳领临应急]")
_PLATE_WORD = re.compile(r"车牌|牌照|牌号|车号|号牌|车|货车|司机|停")
_CAR = re.compile(
    "车|停|堵|违章|牌|驾|闯|超速|加塞|充电|高速|保险|司机|别我|变道|远光|逆行|占位|占了|挡|撞|刮|剐|抬杆|超载|扬尘|喇叭"
)
_CAR_CHARS = 30
_LOCAL_PLATE = re.compile(
    rf"(?:车牌|牌照|号牌|车号){GLUE}([a-hj-np-z][ .·\-]?(?:[a-hj-np-z0-9][ .·\-]?){{4,5}})(?![0-9a-z])"
)
_IN_PINYIN = re.compile(
    r"(?:车牌|牌照|号牌|车号)[号是为: ]{0,4}((?:jing|jin|hu|yu|ji|yun|liao|hei|xiang|wan|lu|xin|su|zhe|gan|gui|e|jin|meng|shan|min|yue|qing|zang|chuan|ning|qiong) ?[a-hj-np-z][ ·.\-]?[a-hj-np-z0-9]{5,6})(?![0-9a-z])"
)
_COMPOUNDS = re.compile(
    r"(?:更新|最新|全新|阿里云|百度云|腾讯云|华为云|苏宁|辽宁|西宁|南宁|四川|江苏|北京|南京|东京|云南京)$"
)
_OFTEN_A_WORD = frozenset("新云黑贵青川宁藏苏甘吉京蒙鲁")


def find_plates(folded: str, original: str) -> Iterator[PersonalDatum]:
    """Yield licence plates; ``original`` tells capitals where the province is a common word."""
    for match in _PLATE.finditer(folded):
        body = as_digits(_MARKS.sub("", match[3]))
        start = match.start()
        before = folded[max(0, start - 8) : start]
        told = _PLATE_WORD.search(before) is not None
        if not _BODY.fullmatch(body) or digit_count(body) < (1 if told else 2):
            continue
        if not told and not _looks_like_one(folded, original, match, before):
            continue
        if match[1] == "新" and not _CAR.search(folded):
            continue
        end = match.start(3) + len(match[3].rstrip())
        yield PersonalDatum(start, end, "车牌", match[1] + match[2] + body)
    for pattern in (_LOCAL_PLATE, _IN_PINYIN):
        for match in pattern.finditer(folded):
            plain = _MARKS.sub("", match[1])
            if digit_count(plain) >= 2:
                end = match.start(1) + len(match[1].rstrip(" .-·"))
                yield PersonalDatum(match.start(1), end, "车牌", plain)


def _looks_like_one(folded: str, original: str, match: re.Match[str], before: str) -> bool:
    """Tell whether nothing says that a plate follows, but its letter or what is near does."""
    if _COMPOUNDS.search(before + match[1]):
        return False
    letter = match.start(2)
    if match[1] not in _OFTEN_A_WORD and match.end(3) - match.start() <= 12:
        return True
    if not "一" <= before[-1:] <= "鿿" and match[1] != "新":
        return True
    if original[letter : letter + 1].isupper():
        return True
    near = folded[max(0, match.start() - _CAR_CHARS) : match.end() + _CAR_CHARS]
    return _CAR.search(near) is not None
