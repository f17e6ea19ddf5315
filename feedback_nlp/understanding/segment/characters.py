"""What each character does for segmentation, as one lookup table over code points."""

from __future__ import annotations

import unicodedata
from enum import IntEnum
from functools import cache

import numpy as np

_TABLE_SIZE = 0x20000


class Kind(IntEnum):
    """The role of a character. Everything from ``STOP`` on separates clauses."""

    WORD = 0
    LATIN = 1
    DIGIT = 2
    EMOJI = 3
    BRACKET = 4
    STOP = 5
    EXCLAIM = 6
    ASK = 7
    COMMA = 8
    SEMICOLON = 9
    PAUSE = 10
    COLON = 11
    TRAIL = 12
    SPACE = 13
    MARK = 14
    BREAK = 15


FIRST_SEPARATOR = Kind.STOP
KIND_COUNT = len(Kind)

# Folded forms (full-width ，！？：；～ are already , ! ? : ; ~).
_BRACKETS = "\"'`-_=*/·"  # never end a clause, never begin or end a unit
_SEPARATORS = {
    Kind.STOP: "。.｡",
    Kind.EXCLAIM: "!",
    Kind.ASK: "?",
    Kind.COMMA: ",",
    Kind.SEMICOLON: ";",
    Kind.PAUSE: "、|",
    Kind.COLON: ":",
    Kind.TRAIL: "~…•—",
    Kind.MARK: "①②③④⑤⑥⑦⑧⑨⑩❶❷❸❹❺❻❼❽❾❿",
    Kind.BREAK: "\n\r\v\f\x85\u2028\u2029",
}


@cache
def kind_table() -> np.ndarray:
    """Return the kind of each folded code point below 0x20000: shape (131072,), uint8."""
    table = np.full(_TABLE_SIZE, Kind.WORD, dtype=np.uint8)
    for code in (*range(0x0000, 0x3400), *range(0xA640, 0xAC00), *range(0xD800, 0x10000)):
        category = unicodedata.category(chr(code))
        if category in {"Ps", "Pe", "Pi", "Pf"} or chr(code) in _BRACKETS:
            table[code] = Kind.BRACKET
        elif category[0] in "ZC":
            table[code] = Kind.SPACE
        elif category[0] == "P":
            table[code] = Kind.TRAIL
        elif category in {"So", "Sk"}:
            table[code] = Kind.EMOJI
        elif category == "Nd":
            table[code] = Kind.DIGIT
    for code in range(128):
        if chr(code).isalpha():
            table[code] = Kind.LATIN
    table[0x1F000:-1] = Kind.EMOJI  # the last entry stands for all that is above
    # Joiners and variation selectors belong to the emoji before them.
    table[[0x200D, 0x20E3, 0xFE0E, 0xFE0F]] = Kind.EMOJI
    for kind, characters in _SEPARATORS.items():
        table[[ord(character) for character in characters]] = kind
    return table


def kinds_of(codes: np.ndarray) -> np.ndarray:
    """Return the kind of each code point: shape (n,), uint8, a fresh array.

    A dot, colon or hyphen inside a number or a Latin word (2.4, 12:30, wi-fi) and a
    blank between two Latin words belong to the word around them.
    """
    kinds: np.ndarray = np.take(kind_table(), codes, mode="clip")
    if codes.size < 3:
        return kinds
    ascii_word = (kinds == Kind.LATIN) | (kinds == Kind.DIGIT)
    middle = kinds[1:-1]
    inside = ascii_word[:-2] & ascii_word[2:]
    inside &= (
        (middle == Kind.STOP)
        | (middle == Kind.COLON)
        | (middle == Kind.TRAIL)
        | (middle == Kind.SPACE)
    )
    middle[inside] = Kind.LATIN
    return kinds
