"""Venting: displeasure that names no problem (垃圾软件, 太差了). Never a topic in the list."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from feedback_nlp.labels import Intent
from feedback_nlp.topics.clauses import ClauseReader, Word, no_objects, small_words
from feedback_nlp.topics.matter import says_nothing
from feedback_nlp.topics.name_checks import WANTED
from feedback_nlp.topics.phrases import Mentions
from feedback_nlp.topics.words import HAN_OR_LATIN, TopicWords

GENERAL_VENT = "generic.bad"
"""Code of displeasure at large."""
GENERAL_WISH = "feature.general-improve"
"""Code of a wish for something better, whatever it is."""
VENT_CHARACTERS = 24
"""A longer unit says more than that somebody is displeased."""


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


def vent_of(intents: Collection[Intent]) -> str:
    """Return which kind of venting a unit is, should it name nothing; ``""`` for none.

    A bug that names no thing happened all the same. A question that names none is no question.

    Args:
        intents: What those who say it want.
    """
    if Intent.BUG in intents or not intents:
        return ""
    return GENERAL_WISH if Intent.FEATURE in intents else GENERAL_VENT


def names_nothing(
    text: str, mentions: Mentions, tagged: Sequence[Word], reader: ClauseReader
) -> bool:
    """Tell whether a short unit names neither a thing nor what is wrong: 我只能给四星.

    Args:
        text: Folded.
        mentions: What it mentions.
        tagged: Its words with parts of speech.
        reader: Reads complaints.
    """
    is_short = len(text) <= VENT_CHARACTERS and not any(map(str.isdigit, text))
    if not is_short or mentions.problems - {WANTED}:
        return False
    if says_nothing(text):
        return True
    whole = no_objects() | small_words("wholes") | small_words("own_acts") | reader.products
    if mentions.objects - whole:
        return False
    unsaid = small_words("verdicts") | small_words("vague") | small_words("own_acts")
    return all(
        complaint.thing in whole | {""}
        and any(
            complaint.wrong.startswith(word) and complaint.wrong.removeprefix(word) in whole | {""}
            for word in unsaid
        )
        for complaint in reader.complaints(reader.clauses(tagged))
    )


def _is_compound(token: str, words: TopicWords) -> bool:
    """Tell whether a token is a vent and filler grown together: 垃圾软件."""
    for cut in range(1, len(token)):
        left, right = token[:cut], token[cut:]
        for vent, other in ((left, right), (right, left)):
            if vent in words.vents and (other in words.stops or other in words.vents):
                return True
    return False
