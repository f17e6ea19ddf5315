"""Venting: displeasure that names no problem (垃圾软件, 太差了). Never a topic in the list."""

from __future__ import annotations

from collections.abc import Sequence

from feedback_nlp.topics.words import HAN_OR_LATIN, TopicWords


def is_vent(tokens: Sequence[str], words: TopicWords) -> bool:
    """Tell whether a unit vents: some displeasure, and nothing besides filler.

    Args:
        tokens: The unit, cut and folded.
        words: The word lists.
    """
    spoken = [token for token in tokens if HAN_OR_LATIN.search(token)]
    if any(words.is_content(token) and not _is_compound(token, words) for token in spoken):
        return False
    joined = "".join(spoken)
    return any(token in words.vents for token in spoken) or any(
        len(vent) > 1 and vent in joined for vent in words.vents
    )


def _is_compound(token: str, words: TopicWords) -> bool:
    """Tell whether a token is a vent and filler grown together: 垃圾软件."""
    for cut in range(1, len(token)):
        left, right = token[:cut], token[cut:]
        for vent, other in ((left, right), (right, left)):
            if vent in words.vents and (other in words.stops or other in words.vents):
                return True
    return False
