"""The form of a text in which personal data is sought: every digit an ASCII digit.

Full-width, circled, mathematical and keycap digits and runs of Chinese numerals become
``0``–``9``; letters become lower case, 繁 becomes 简, dashes and blanks become one dash and
one blank. What must not be read (links, stand-ins) becomes NUL. Each find carries its
span in the text as it came.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

from feedback_nlp.chinese.fold import code_points, fold_table

if TYPE_CHECKING:
    import numpy as np

EMOJI = "\u2600-\u27bf\ufe0f\U0001f300-\U0001faff"  # people put them between digits
#: All that people put between digits, for a class of a pattern.
DIVIDERS = re.escape(" ,.-/_\\·、。丶^…~+*():|丨│•●→=【】[]") + EMOJI
HAN_DIGITS = "零〇一幺二两三四五六七八九壹贰叁肆伍陆柒捌玖洞拐勾"
_HAN_VALUES = "0011223456789123456789079"
_NUMERALS = str.maketrans(HAN_DIGITS, _HAN_VALUES)
_BETWEEN = r"[ ,.\-/_·、…~]{0,2}"
# Five in a row, or seven with marks between them; shorter ones are ordinary words.
_HAN_RUN = re.compile(
    rf"[0-9{HAN_DIGITS}](?:(?:{_BETWEEN}[0-9{HAN_DIGITS}]){{6,40}}|[0-9{HAN_DIGITS}]{{4,40}})"
)
_HAN_DIGIT = re.compile(f"[{HAN_DIGITS}]")
_FEWEST_HAN = 3
_WORDS_BESIDE = re.compile(
    rf"[0-9 ,.\-/_·、…~]{{5,200}}[{HAN_DIGITS}]{{1,9}}|(?!零[{HAN_DIGITS}]{{2,3}}[ \-])[{HAN_DIGITS}]{{1,9}}[0-9 ,.\-/_·、…~]{{5,200}}"
)
# Eleven digits of a mobile number, one to three Han ones among them (138零0001234), none at its end.
_MOBILE_WITH_HAN = re.compile(rf"[1一幺壹](?:{_BETWEEN}[0-9{HAN_DIGITS}]){{9}}{_BETWEEN}[0-9]")
STAND_IN = re.compile(r"〔[^〔〕·]{1,6}·[0-9a-f]{4,64}〕")
_KEYCAP = re.compile("[\ufe0f\u20e3]+")
_DASHES = "‐‑‒–—―−－"
# Letters for digits among digits: 22o3958714, 138-oooo-1234.
_MISTYPED = re.compile(r"[0-9](?<![0-9].)(?:[ .\-_]?[0-9oil]){6,18}(?![a-z0-9])")
_LETTER_FOR_A_DIGIT = re.compile("[oil]")
_LETTERS_OF_DIGITS = str.maketrans("oil", "011")
_O_OF_AN_AREA = re.compile(
    r"o(?<![a-z0-9].)(?=[1-9][0-9]{1,2}[ \-)]{0,2}[2-9][0-9]{2,3}[ \-]?[0-9]{4}(?![0-9]))"
)
_FEWEST_RIGHT = 5
# The last numeral is of the word behind it: …八八六六二一直占线.
_WORD_BEHIND = re.compile(
    "[一二两三四五六七八九](?=[次个条台位])|一(?=[直下次个起样般定点天些会律切度共时边旦再向早])"
)
_BLANKS = "\u00a0\u2002\u2003\u2009\u202f\u3000\t"
_SAME = {
    "＼": "\\",
    "／": "/",
    "帐": "账",
    "証": "证",
    "➕": "+",
    "＃": "#",
    "З": "3",
    "б": "6",
    "О": "o",
    "о": "o",
    "○": "〇",
}
_HIDDEN = "\0"
_LAST = 0x1FB00  # above it stands nothing that a rule reads
_FOLD_BY_ARRAY_FROM = 400  # characters; above, one NumPy gather beats str.translate


@dataclass(frozen=True, slots=True)
class Folded:
    """A folded text and the way back.

    Attributes:
        text: What the rules read.
        starts: For each character of ``text`` its place in the original, and one place
            more for the end; empty if the places are the same.
    """

    text: str
    starts: list[int] = field(default_factory=list)

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return the span in the original of ``text[start:end]``."""
        return (self.starts[start], self.starts[end]) if self.starts else (start, end)


def fold_for_search(signs: str, hidden: list[tuple[int, int]]) -> Folded:
    """Fold a text of folded ``signs``; spans in ``hidden`` and stand-ins are blotted out."""
    folded = _blotted(signs, hidden)
    if "〔" in folded:
        folded = STAND_IN.sub(lambda match: _HIDDEN * len(match[0]), folded)
    starts: list[int] = []
    if "\u20e3" in folded:
        folded, starts = _without_keycaps(folded)
    if _HAN_DIGIT.search(folded):
        folded = _HAN_RUN.sub(_digits, folded)
    if _LETTER_FOR_A_DIGIT.search(folded):
        folded = _O_OF_AN_AREA.sub("0", _MISTYPED.sub(_mended, folded))
    return Folded(folded, starts)


def as_digits(numerals: str) -> str:
    """Return ``numerals`` with each Chinese digit as an ASCII digit."""
    return numerals.translate(_NUMERALS)


def _mended(match: re.Match[str]) -> str:
    """Translate letters that stand for digits, where most are digits and the first is one."""
    run = match[0]
    right = sum(map(str.isdigit, run))
    return run.translate(_LETTERS_OF_DIGITS) if right >= _FEWEST_RIGHT else run


def without_stand_ins(text: str) -> str:
    """Return ``text`` with a blank for each stand-in: what can never name a topic.

    A text of nothing else becomes an ellipsis, so that no unit is empty.
    """
    if "〔" not in text:
        return text
    return STAND_IN.sub(" ", text).strip() or "…"


def _blotted(folded: str, hidden: list[tuple[int, int]]) -> str:
    pieces: list[str] = []
    position = 0
    for start, end in hidden:
        pieces += folded[position:start], _HIDDEN * (end - start)
        position = end
    return "".join(pieces) + folded[position:] if pieces else folded


def _digits(match: re.Match[str]) -> str:
    """Translate a run, unless its numerals belong to the words beside a number (…1234一直)."""
    run = match[0]
    if _WORD_BEHIND.match(match.string, match.end() - 1) and not _is_whole(run):
        return _translated(run[:-1]) + run[-1]
    return _translated(run)


def _is_whole(run: str) -> bool:
    """Tell whether a run has the digits of a mobile number or a line, no one too many."""
    digits = [sign for sign in run if sign in HAN_DIGITS or sign.isdigit()]
    return len(digits) == 11 and as_digits(digits[0]) in "01"


def _translated(run: str) -> str:
    han = sum(sign in HAN_DIGITS for sign in run)
    if 0 < han <= _FEWEST_HAN and _MOBILE_WITH_HAN.fullmatch(run):
        return run.translate(_NUMERALS)
    if run[0] in "零〇" and 10 <= len(run) <= 12 and run.isalnum():
        return run.translate(_NUMERALS)
    if han < _FEWEST_HAN or (han <= _FEWEST_HAN and _WORDS_BESIDE.fullmatch(run)):
        return run
    return run.translate(_NUMERALS)


def _without_keycaps(folded: str) -> tuple[str, list[int]]:
    """Drop the marks that make a digit a key (1️⃣), and remember where each sign was."""
    starts: list[int] = []
    kept: list[str] = []
    position = 0
    for mark in _KEYCAP.finditer(folded):
        kept.append(folded[position : mark.start()])
        starts.extend(range(position, mark.start()))
        position = mark.end()
    starts.extend(range(position, len(folded) + 1))
    return "".join(kept) + folded[position:], starts


def folded_signs(text: str) -> str:
    """Return ``text`` with each character folded, as long as it was: only the first step."""
    if len(text) < _FOLD_BY_ARRAY_FROM:
        return text.translate(_table())
    import numpy as np  # noqa: PLC0415 - short texts need none

    codes = np.take(_lookup(), code_points(text), mode="clip")
    return str(codes.tobytes().decode("utf-32-le"))


@cache
def _table() -> list[int]:
    """Build the table: index is the code point, value the folded code point."""
    table = list(fold_table()[:_LAST])
    for sign, same in _SAME.items():
        table[ord(sign)] = ord(same)
    for dash in _DASHES:
        table[ord(dash)] = ord("-")
    for blank in _BLANKS:
        table[ord(blank)] = ord(" ")
    for code in range(0x24B7, 0x24D0):  # Ⓑ and the others in circles; ⓐ is a sign of its own
        table[code] = table[code + 26] = code - 0x24B6 + ord("a")
    for sign in _odd_digits():
        table[ord(sign)] = ord(str(unicodedata.digit(sign)))
    return [*table, 0xFFFD]  # nothing beyond means anything here


@cache
def _lookup() -> np.ndarray:
    import numpy as np  # noqa: PLC0415

    return np.array(_table(), dtype=np.uint32)


def _odd_digits() -> Iterator[str]:
    """Yield every sign that stands for one digit and is neither ASCII nor raised."""
    for block in (range(0x80, 0x10000), range(0x1D7CE, 0x1D800), range(0x1F100, 0x1F10B)):
        for sign in filter(str.isdigit, map(chr, block)):
            if not unicodedata.decomposition(sign).startswith(("<super>", "<sub>")):
                yield sign
