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
_WIDTH = 2 * CODE_LENGTH + 1  # two characters and a blank


def rendered_tokens(texts: Sequence[str]) -> list[str]:
    """Return the tokens of each text, in order, with a blank between them.

    >>> rendered_tokens(["登录！录", "?"])
    ['0tjr0nql 0nql 0nql', '']
    """
    heads = [text[:_MAX_INDEXED_CHARS] for text in texts]
    codes = folded_code_points("\n".join(heads))  # a line end belongs to no word
    is_word = _is_word(codes)
    goes_on = np.zeros_like(is_word)
    goes_on[:-1] = is_word[:-1] & is_word[1:]
    cells = np.empty((len(codes), _WIDTH), dtype=np.uint8)
    cells[:, :CODE_LENGTH] = _encoded(codes)
    cells[:-1, CODE_LENGTH:-1] = cells[1:, :CODE_LENGTH]
    cells[:, -1] = ord(" ")
    kept = np.empty((len(codes), _WIDTH), dtype=bool)
    kept[:] = is_word[:, None]
    kept[:, CODE_LENGTH:-1] = goes_on[:, None]
    written = cells[kept].tobytes().decode("ascii")
    ends = np.zeros(len(codes) + 1, dtype=np.int64)
    np.cumsum(is_word * (CODE_LENGTH + 1) + goes_on * CODE_LENGTH, out=ends[1:])
    tokens = []
    start = 0
    for head in heads:
        stop = start + len(head)
        tokens.append(written[ends[start] : max(ends[start], ends[stop] - 1)])
        start = stop + 1
    return tokens


def _encoded(codes: np.ndarray) -> np.ndarray:
    digits = np.frombuffer(DIGITS.encode(), dtype=np.uint8)
    shifts = np.array([15, 10, 5, 0], dtype=np.uint32)
    return np.take(digits, (codes[:, None] >> shifts) & 31)


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
