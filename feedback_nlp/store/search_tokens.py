"""The tokens under which texts are found: overlapping pairs of characters, many texts at once.

One character is four base-32 digits. A pair is eight of them, the last character of a run
stands alone. All texts of a chunk are one array: a text costs a few microseconds.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

import numpy as np

from feedback_nlp.chinese.fold import folded_code_points

DIGITS = "0123456789abcdefghijklmnopqrstuv"
CODE_LENGTH = 4
# PostgreSQL keeps positions up to 16,383 in a tsvector; longer texts are searched by their head.
_MAX_INDEXED_CHARS = 16_000
_IN_WORD = re.compile(r"[^\W_]")
_CODE_POINTS = 0x110000
_UNKNOWN, _WORD, _MARK = 0, 1, 2
# Two characters and a blank; what is not written stays NUL.
_CELL = np.dtype([("one", "<u4"), ("next", "<u4"), ("blank", "u1")])


def rendered_tokens(texts: Sequence[str]) -> list[str]:
    """Return the tokens of each text, in order, with a blank between them.

    >>> rendered_tokens(["登录！录", "?"])
    ['0tjr0nql 0nql 0nql', '']
    """
    if not texts:
        return []
    heads = [text[:_MAX_INDEXED_CHARS] for text in texts]
    codes = folded_code_points("\n".join([*heads, ""]))  # a line end belongs to no word
    is_word = _is_word(codes)
    goes_on = np.zeros_like(is_word)
    goes_on[:-1] = is_word[:-1] & is_word[1:]
    encoded = _encoded(codes)
    cells = np.zeros(len(codes), dtype=_CELL)
    cells["one"] = np.where(is_word, encoded, 0)
    cells["next"][:-1] = np.where(goes_on[:-1], encoded[1:], 0)
    cells["blank"] = np.where(is_word, ord(" "), 0)
    written = cells.tobytes().translate(None, b"\0").decode("ascii")
    sizes = is_word * np.uint8(CODE_LENGTH + 1) + goes_on * np.uint8(CODE_LENGTH)
    starts = np.cumsum([0, *[len(head) + 1 for head in heads[:-1]]])
    tokens = []
    start = 0
    for size in np.add.reduceat(sizes, starts, dtype=np.int64).tolist():
        tokens.append(written[start : start + size - 1] if size else "")
        start += size
    return tokens


def _encoded(codes: np.ndarray) -> np.ndarray:
    """Return the four digits of each code point as four bytes, the first one lowest."""
    two = _two_digits()
    return np.asarray(two[codes >> 10 & 1023] | two[codes & 1023] << 16)


@cache
def _two_digits() -> np.ndarray:
    digits = np.frombuffer(DIGITS.encode(), dtype=np.uint8).astype("<u4")
    return np.asarray(digits[:, None] | digits << 8).ravel()


def _is_word(codes: np.ndarray) -> np.ndarray:
    """Tell which code points are letters or digits; each is asked about once a process."""
    kinds = _kinds()
    found = kinds[codes]
    if not found.all():
        for code in np.unique(codes[found == _UNKNOWN]).tolist():
            kinds[code] = _WORD if _IN_WORD.match(chr(code)) else _MARK
        found = kinds[codes]
    return np.asarray(found == _WORD)


@cache
def _kinds() -> np.ndarray:
    return np.zeros(_CODE_POINTS, dtype=np.uint8)
