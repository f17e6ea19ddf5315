"""A cheap first look: most texts hold nothing personal and need no second.

May say yes for nothing, must never say no where a rule would find something; a property
test holds this. Reads the text as it came, so each class holds what folds to its signs.
"""

from __future__ import annotations

import re

from feedback_nlp.chinese import fold
from feedback_nlp.clean.folding import ASTRAL_DIGITS, HAN_DIGITS, odd_digits
from feedback_nlp.clean.labels import words

_BLOCKS = (range(0x80, 0x600), range(0x2000, 0x3100), range(0xF900, 0x10000))
_ODD = "".join(chr(code) for block in _BLOCKS for code in block)
_FOLDED = fold(_ODD)


def _with_odd_forms(signs: str) -> str:
    """Return, for a character class, ``signs`` and what folds to one of them."""
    chosen = set(signs)
    wide = "".join(odd for odd, sign in zip(_ODD, _FOLDED, strict=True) if sign in chosen)
    return re.escape(signs + signs.upper() + wide)


_LETTERS = _with_odd_forms("abcdefghijklmnopqrstuvwxyz") + "\U0001d400-\U0001d7cd"
_DIGITS = (
    _with_odd_forms("0123456789")
    + "".join(sign for sign in odd_digits() if sign <= "\uffff")
    + ASTRAL_DIGITS
)
_D, _W = f"[{_DIGITS}]", f"[{_DIGITS}{_LETTERS}]"
_MARKS = _with_odd_forms(" ,.-/_\\·、…~+*():|") + "\u00a0\t‐‑‒–—―−"
_HAN = f"[{HAN_DIGITS}貳參陸兩十百]"
_HAN_OR_D = f"[{HAN_DIGITS}貳參陸兩{_DIGITS}]"
_C, _O = f"[{_with_odd_forms('cn')}]", f"[{_with_odd_forms('one')}]"

_BLANK = "[ \u3000\u00a0\u2002\u2003\u2009\u202f\t]"
_ANY_SIGN = re.compile(f"[@{_with_odd_forms('@')}{_DIGITS}{_LETTERS}]")
# Each pattern begins with one class, so that it is found fast. Five digits near one another,
# the number of a house or a room; ten letters and digits, the dot of a mail address in words;
# a plate, a street with a number.
_DASH = f"[{_with_odd_forms('-/')}‐‑‒–—―−#＃]"
_FROM_DIGIT = re.compile(
    f"{_D}(?:{_DASH}{_D}{{3}}|(?:[{_MARKS}]{{0,3}}{_HAN_OR_D}){{4}}|{_D}{_D}{_BLANK}?[室房户戶]"
    f"|{_BLANK}?(?:[弄栋棟幢座舍#＃]|[号號](?:[楼樓房院宿公学學]|{_BLANK}?{_D}{{3}})|[单單]元|[楼樓层層]{_BLANK}?{_W}{{3}}))"
)
_FROM_SIGN = re.compile(
    f"{_W}(?:{_W}{{8}}|{_BLANK}?(?:[座栋棟幢舍#＃]|[号號][楼樓宿公学學]|(?:[.。．·点點]| dot){_BLANK}?{_C}{_O}))"
)
_FROM_HAN = re.compile(
    f"[京津沪滬渝冀豫云雲辽遼黑湘皖鲁魯新苏蘇浙赣贛鄂桂甘晋晉蒙陕陝吉闽閩贵貴粤粵青藏川宁寧琼瓊牌照"
    f"路街道巷弄同村组組里裡裏段东南西北中東][号码碼{_MARKS}：:为為是]{{0,8}}{_W}"
)
_NAME = re.compile(f"{_W}[{_DIGITS}{_LETTERS}_＿{_MARKS}]{{4}}")
_NAME_SIGN = re.compile(
    "[微薇威徽維维绿綠卫衛❤♥♡]|(?<![A-Za-z])[vVｖＶ]|[wWｗＷ](?:[ .]?[xXｘＸ]|[eEｅＥ信 ])|[qQｑＱ]"
)
_HAN_NUMBER = re.compile(
    f"{_HAN}(?:{_HAN_OR_D}{{4}}|(?:[{_MARKS}]{{0,2}}{_HAN_OR_D}){{6}}"
    f"|{_HAN_OR_D}?{_BLANK}?(?:[号號][楼樓]|[#＃栋棟幢座舍楼樓]|[单單]元))"
)
_THREE_HAN = "[㐀-鿿豈-﫿]{3}(?![一-鿿])"
_PERSON = re.compile(
    "|".join(
        (
            *words("person", "stated"),
            *words("person", "said"),
            "聯系人|聯絡人|收貨人|學員",
            *(f"(?:{word}){_THREE_HAN}" for word in words("person", "introduced")),
            f"應該是{_THREE_HAN}",
        )
    )
)
_KEYCAP = "\u20e3"


# Bound once: this runs on every text that is stored.
_any_sign, _han_number, _person = _ANY_SIGN.search, _HAN_NUMBER.search, _PERSON.search


def may_hold_personal_data(text: str) -> bool:
    """Tell cheaply whether a look is worth it; ``False`` is certain."""
    if _any_sign(text) and _may_hold_a_number(text):
        return True
    return _han_number(text) is not None or _person(text) is not None


def _may_hold_a_number(text: str) -> bool:
    """Tell the same for a text with a digit, a letter or an at sign."""
    return (
        "@" in text
        or "＠" in text
        or ("/" in text and "." in text)
        or _KEYCAP in text
        or _FROM_DIGIT.search(text) is not None
        or _FROM_SIGN.search(text) is not None
        or _FROM_HAN.search(text) is not None
        or (_NAME.search(text) is not None and _NAME_SIGN.search(text) is not None)
    )
