"""A cheap first look: most texts hold nothing personal and need no second.

May say yes for nothing, must never say no where a rule would find something; a property
test holds this. Reads the folded text, as the rules do, so each class holds few signs.
"""

from __future__ import annotations

import re

from feedback_nlp.clean.folding import DIVIDERS, HAN_DIGITS, folded_signs
from feedback_nlp.clean.full_names import named_hint
from feedback_nlp.clean.labels import by_first_sign, words

_D, _W = "[0-9]", "[0-9a-z]"
_HAN = f"[{HAN_DIGITS}十百]"
_HAN_OR_D = f"[{HAN_DIGITS}0-9]"

_ANY_SIGN = re.compile("[@0-9a-z]")
# Each pattern begins with one class, so that it is found fast. Five digits near one another,
# the number of a house or a room; ten letters and digits, the dot of a mail address in words;
# a plate, a street with a number.
_FROM_DIGIT = re.compile(
    f"{_D}(?:[-/#]{_D}{{3}}|(?:[{DIVIDERS}]{{0,4}}{_HAN_OR_D}){{4}}|{_D}{_D} ?[室房户]"
    f"| ?(?:[弄栋幢座舍#]|号(?:[楼房院宿公学]| ?{_D}{{3}})|单元|[楼层] ?{_W}{{3}}))"
)
_FROM_SIGN = re.compile(
    rf"{_W}(?:{_W}{{8}}| ?(?:[座栋幢舍#]|号[楼宿公学]|(?:[.。·点]| dot|[(\[{{]dot[)\]}}]) ?[cn][one]))"
)
_FROM_HAN = re.compile(
    "[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼牌照"
    f"路街道巷弄同村组里段东南西北中头边口🐧][号码{DIVIDERS}:为是]{{0,8}}{_W}"
)
_NAME = re.compile(f"{_W}[0-9a-z{DIVIDERS}]{{4}}")
_NAME_SIGN = re.compile(
    "[微薇威徽嶶维绿卫❤♥♡q口🐧丘裙羊群]|加[a-z]|(?<![a-z])v|w(?:[ .]?x|[e信 ])|qun"
)
_HAN_NUMBER = re.compile(
    f"{_HAN}(?:{_HAN_OR_D}{{4}}|(?:[{DIVIDERS}]{{0,2}}{_HAN_OR_D}){{6}}"
    f"|{_HAN_OR_D}? ?(?:号楼|[#栋幢座舍楼]|单元))"
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
_any_sign, _han_number, _person = _ANY_SIGN.search, _HAN_NUMBER.search, _PERSON.search
_beside_a_role = named_hint().search


def may_hold_personal_data(text: str) -> bool:
    """Tell cheaply whether a look is worth it; ``False`` is certain."""
    signs = folded_signs(text)
    if _any_sign(signs) and _may_hold_a_number(signs):
        return True
    return (
        _han_number(signs) is not None
        or _person(signs) is not None
        or _beside_a_role(signs) is not None
    )


def _may_hold_a_number(signs: str) -> bool:
    """Tell the same for a text with a digit, a letter or an at sign."""
    return (
        "@" in signs
        or ("/" in signs and "." in signs)
        or _KEYCAP in signs
        or _FROM_DIGIT.search(signs) is not None
        or _FROM_SIGN.search(signs) is not None
        or _FROM_HAN.search(signs) is not None
        or (_NAME.search(signs) is not None and _NAME_SIGN.search(signs) is not None)
    )
