"""Picks a few quotes that differ: different people, different words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

_COMFORTABLE = (8, 60)
_TOO_SIMILAR = 0.5
_SHOUT = 6
# Marks of forwards, hashtags and links; a pseudonym that was cut through.
_NOISE = re.compile(r"[#＃@＠]|//|https?:|^[^〔]*〕|〔[^〕]*$")


class QuoteCandidate(NamedTuple):
    """One unit that could be quoted.

    Attributes:
        preference: Lower is better; what the topic stage chose comes first.
        text: The unit's words.
    """

    preference: float
    unit_id: int
    person_key: str
    text: str


def choose_quotes(candidates: Sequence[QuoteCandidate], limit: int) -> list[int]:
    """Return up to ``limit`` unit ids, best first, of different people and words.

    Texts of 8–60 characters go first (shorter ones say too little, longer ones are not
    read), and those without the marks of forwards, hashtags and links. Two quotes
    share at most half of their character pairs; a shout of fewer than 6 characters (差评, 跪求)
    is quoted only where there is nothing else.
    """

    def awkward(candidate: QuoteCandidate) -> tuple[int, float, int]:
        length = len(candidate.text)
        outside = not _COMFORTABLE[0] <= length <= _COMFORTABLE[1]
        is_noisy = _NOISE.search(candidate.text) is not None
        return outside + is_noisy, candidate.preference, candidate.unit_id

    chosen: list[QuoteCandidate] = []
    for candidate in sorted(candidates, key=awkward):
        if len(chosen) == limit:
            break
        if chosen and len(candidate.text) < _SHOUT:
            continue
        if all(
            candidate.person_key != other.person_key
            and _overlap(candidate.text, other.text) <= _TOO_SIMILAR
            for other in chosen
        ):
            chosen.append(candidate)
    return [candidate.unit_id for candidate in chosen]


def _overlap(left: str, right: str) -> float:
    """Return the shared share of character pairs, of the smaller text; 0–1."""
    pairs = [{text[i : i + 2] for i in range(max(1, len(text) - 1))} for text in (left, right)]
    return len(pairs[0] & pairs[1]) / max(1, min(len(pairs[0]), len(pairs[1])))
