"""A cheap first look: most texts hold nothing personal and need no second.

May say yes for nothing, must never say no where a rule would find something; a property
test holds this. Reads the folded text, as the rules do, so each class holds few signs.
"""

from __future__ import annotations

import re

from feedback_nlp.clean.address_parts import HINT
from feedback_nlp.clean.alternatives import by_first_sign
from feedback_nlp.clean.folding import DIVIDERS, HAN_DIGITS
from feedback_nlp.clean.full_names import named_hint
from feedback_nlp.clean.labels import words

_D, _W = "[0-9]", "[0-9a-z]"
_HAN = f"[{HAN_DIGITS}十百拾佰]"
_HAN_OR_D = f"[{HAN_DIGITS}0-9]"
_DASH = r" ?(?:[\-/#~·_、杠横减点空]|[中短斜]?[横斜]?[杠线横]|减号|空格|下划线|底线|中划线|dash|dot|underscore) ?"
_MARK_WORD = " ?(?:[杠空]|[中短斜]?[横斜][杠线]|减号|空格|下划线|底线|中划线|dash|dot|underscore) ?"

_ANY_SIGN = re.compile("[@0-9a-z]")
# Each pattern begins with one class, so that it is found fast. Five digits near one another,
# letters for digits among them, a number told in parts; ten letters and digits, the dot of a mail
# address in words; a plate. Where an address may be is told by the parts of addresses themselves.
_FROM_DIGIT = re.compile(
    f"{_D}(?:(?:[{DIVIDERS}]{{0,4}}{_HAN_OR_D}){{4}}|{_DASH}{_HAN_OR_D}(?:{_HAN_OR_D}{{2}}|{_HAN_OR_D}?{_DASH}{_HAN_OR_D})"
    rf"|(?:[ .\-_]?[0-9oil]){{6}}|[,。;、: …~\-(]{{0,3}}[后尾末接再然中当跟剩连结最出生和加][\s\S]{{0,16}}{_D}{_D}|{_MARK_WORD}{_HAN_OR_D}|{_D}{_D} ?点 ?{_HAN_OR_D}|{_D}{_D}(?:这个|号)?[工警]号)"
)
_FROM_SIGN = re.compile(
    rf"{_W}(?:{_W}{{8}}|[0-9a-f](?P<apart>[:\-])[0-9a-f]{{2}}(?P=apart)[0-9a-f]{{2}}(?P=apart)| ?(?:[(\[{{【<「『〔“\"'*]? ?(?:[.。,·、点]|小数点|句号|d[o0]t| (?=com|net|cn))[)\]}}】>」』〕”\"'*点]? ?(?:c[on0c]|ne|or|ed|go|io|me|hk|tw|jp|vi|to|sh|xy|in|te)))"
)
_PLATES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼牌照🐧"
# Also three digits that are said to be of one of the staff, a word for @.
_FROM_HAN = re.compile(
    f"[{_PLATES}工警胸编员服席购艾爱埃圈花老]"
    f"(?:(?<=[{_PLATES}])[号码{DIVIDERS}:为是]{{0,8}}{_W}"
    f"|(?<=[员服席购]){_D}{{3,6}}号|(?<=[工警胸编])[号牌卡]号?[: 是为#写着上]{{0,3}}[a-z]{{0,3}}[_\\-]?{_HAN_OR_D}{{3}}|(?<=[艾爱埃])特|(?<=[圈花])a|(?<=老)鼠)"
)
_NAME = re.compile(f"{_W}[0-9a-z_{DIVIDERS}杠横下划线减点]{{4}}")
_NAME_SIGN = re.compile(
    "[微薇威徽嶶维葳溦崴魏伟围唯喂绿卫❤♥♡💚q口🐧丘裙羊群企鹅聊🛰]|[加+][a-z]|(?<![a-z])v|[加+]我?的?w|w(?:[ .\\-_]?x|[e信 ])|qun"
)
_HAN_NUMBER = re.compile(
    f"{_HAN}(?=[{HAN_DIGITS}十百拾佰{DIVIDERS}0-9#杠横减号])"
    f"(?:(?:[{DIVIDERS}]{{0,4}}{_HAN_OR_D}){{4}}|{_DASH}[{HAN_DIGITS}十0-9]{{1,3}}{_DASH}"
    f"|(?:(?<=[工警胸][号牌].)|(?<=[工警胸][号牌][是为:].)){_HAN}{_HAN})"
)
# Words that announce a person; each alternative begins with a character, for a fast search.
_PERSON = re.compile(
    "|".join(
        (
            by_first_sign([*words("person", "stated"), *words("person", "said"), "name ?:"]),
            *(f"{word}[㐀-﫿]{{3}}(?![一-鿿])" for word in words("person", "introduced")),
            "艾特[一-鿿]{3}",
        )
    )
)
_KEYCAP = "\u20e3"


# Bound once: this runs on every text that is stored.
_any_sign, _han_number, _person, _address = (
    _ANY_SIGN.search,
    _HAN_NUMBER.search,
    _PERSON.search,
    HINT.search,
)
_beside_a_role = named_hint().search


def may_hold_personal_data(signs: str) -> bool:
    """Tell cheaply of a text's :func:`folded_signs` whether a look is worth it; ``False`` is certain."""
    if _any_sign(signs) and _may_hold_a_number(signs):
        return True
    return (
        _han_number(signs) is not None
        or _address(signs) is not None
        or _person(signs) is not None
        or _beside_a_role(signs) is not None
    )


def _may_hold_a_number(signs: str) -> bool:
    """Tell the same for a text with a digit, a letter or an at sign."""
    return (
        "@" in signs
        or ("/" in signs and "." in signs)
        or _KEYCAP in signs
        or ("一下" in signs and "at" in signs)
        or _FROM_DIGIT.search(signs) is not None
        or _FROM_SIGN.search(signs) is not None
        or _FROM_HAN.search(signs) is not None
        or (_NAME.search(signs) is not None and _NAME_SIGN.search(signs) is not None)
    )
