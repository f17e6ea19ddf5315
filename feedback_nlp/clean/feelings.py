"""Emoji, text emoticons and bracket codes become words that keep their feeling: 😡 → 〔生气〕."""

from __future__ import annotations

import re
from functools import cache

from feedback_nlp.resources import read_word_list

_VARIANTS = "[\ufe0f\U0001f3fb-\U0001f3ff]*"
_PICTOGRAPH = re.compile(
    "[\u2190-\u21ff\u2300-\u23ff\u2460-\u24ff\u25a0-\u27bf\u2900-\u297f\u2b00-\u2bff\u3030\u303d"
    "\u3297\u3299\ufe0f\u200d\u20e3\U0001f000-\U0001faff\U000e0020-\U000e007f]+"
)
_CIRCLED = re.compile("[\u2460-\u24ff]")


def feelings_to_tokens(text: str) -> str:
    """Replace signs of feeling by ``〔开心〕`` and the like, and drop all other pictographs."""
    text = _signs().sub(_token, text)
    return _PICTOGRAPH.sub(_kept, text)


def is_feeling_token(text: str) -> bool:
    """Tell whether ``text`` is exactly one feeling token."""
    return text[:1] == "〔" and text[-1:] == "〕" and text[1:-1] in set(_feelings().values())


def _token(match: re.Match[str]) -> str:
    start, end = match.span()
    inside_a_word = _is_word(match.string[start : start + 1]) and _is_word(
        match.string[max(0, start - 1) : start]
    )
    if inside_a_word or (_is_word(match[0][-1]) and _is_word(match.string[end : end + 1])):
        return match[0]  # the XD of "XDR", the T_T of "PART_TIME"
    sign = match[0].rstrip("\ufe0f\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff")
    return f"〔{_feelings()[sign]}〕"


def _is_word(character: str) -> bool:
    return character.isascii() and character.isalnum()


def _kept(match: re.Match[str]) -> str:
    # Circled numbers are structure (①…②…), not pictures.
    return "".join(_CIRCLED.findall(match[0])) or " "


@cache
def _feelings() -> dict[str, str]:
    """Read sign → feeling."""
    feelings: dict[str, str] = {}
    for line in read_word_list("emoji/feelings.tsv"):
        feeling, signs = line.split("\t")
        feelings.update(dict.fromkeys(signs.split(), feeling))
    return feelings


@cache
def _signs() -> re.Pattern[str]:
    # Every alternative begins with a literal, so that the engine can skip to candidates.
    alternatives = map(re.escape, sorted(_feelings(), key=len, reverse=True))
    return re.compile(f"(?:{'|'.join(alternatives)}){_VARIANTS}")
