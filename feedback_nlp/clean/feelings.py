"""Emoji, text emoticons and bracket codes become words that keep their feeling: 😡 → 〔生气〕."""

from __future__ import annotations

import re
from functools import cache

from feedback_nlp.resources import read_word_list

_VARIANTS = "\ufe0f\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff"
_PICTOGRAPHS = (
    "\u2190-\u21ff\u2300-\u23ff\u2460-\u24ff\u25a0-\u27bf\u2900-\u297f\u2b00-\u2bff\u3030\u303d"
    "\u3297\u3299\ufe0f\u200d\u20e3\U0001f000-\U0001faff\U000e0020-\U000e007f"
)
_PICTOGRAPH = re.compile(f"[{_PICTOGRAPHS}]+")
_CIRCLED = re.compile("[\u2460-\u24ff]")


def feelings_to_tokens(text: str) -> str:
    """Replace signs of feeling by ``〔开心〕`` and the like, and drop all other pictographs."""
    pieces: list[str] = []
    position = 0
    for hint in _hint().finditer(text):
        start = hint.start()
        if start < position:
            continue
        match = _signs().match(text, start) or _PICTOGRAPH.match(text, start)
        if match is not None:
            pieces += text[position:start], _token(match)
            position = match.end()
    return "".join(pieces) + text[position:] if pieces else text


def _token(match: re.Match[str]) -> str:
    text, (start, end) = match.string, match.span()
    begins_inside = _is_word(text[start]) and _is_word(text[max(0, start - 1) : start])
    if begins_inside or (_is_word(text[end - 1]) and _is_word(text[end : end + 1])):
        return match[0]  # the XD of "XDR", the T_T of "PART_TIME"
    feeling = _feelings().get(match[0].rstrip(_VARIANTS))
    if feeling is not None:
        return f"〔{feeling}〕"
    # Circled numbers are structure (①…②…), not pictures.
    return "".join(_CIRCLED.findall(match[0])) or " "


def _is_word(character: str) -> bool:
    return character.isascii() and character.isalnum()


@cache
def _feelings() -> dict[str, str]:
    """Read sign → feeling."""
    feelings: dict[str, str] = {}
    for line in read_word_list("emoji/feelings.tsv"):
        feeling, signs = line.split("\t")
        feelings.update(dict.fromkeys(signs.split(), feeling))
    return feelings


@cache
def _hint() -> re.Pattern[str]:
    """Match one character that begins a sign, or a pictograph: the cheap first look."""
    # Astral characters are in a range already; one by one they would make the class slow.
    first = re.escape("".join(sorted({sign[0] for sign in _feelings() if sign[0] <= "\uffff"})))
    return re.compile(f"[{first}{_PICTOGRAPHS}]")


@cache
def _signs() -> re.Pattern[str]:
    """Match one sign: single characters as one class, the rest as few branches, longest first."""
    single = re.escape("".join(sign for sign in _feelings() if len(sign) == 1))
    rests: dict[str, list[str]] = {}
    for sign in sorted(_feelings(), key=len, reverse=True):
        if len(sign) > 1:
            rests.setdefault(sign[0], []).append(re.escape(sign[1:]))
    branches = [f"{re.escape(first)}(?:{'|'.join(rest)})" for first, rest in rests.items()]
    return re.compile(f"(?:{'|'.join(branches)}|[{single}])[{_VARIANTS}]*")
