"""Words as they are quoted, and a few quotes that differ: different people, different words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from feedback_nlp.chinese.kindness import is_plainly_kind
from feedback_nlp.labels import Intent, Sentiment, Signal, TopicKind
from feedback_nlp.store.conditions import PROBLEM_INTENTS
from feedback_nlp.topics.matter import says_nothing

DOUBTFUL = frozenset({Signal.RATING_CONFLICT.value, Signal.SARCASM.value})
"""A feedback with one of these may mean the opposite of its words."""

_COMFORTABLE = (8, 60)
_TOO_SIMILAR = 0.5
_SHOUT = 6
# Marks of forwards, hashtags and links; a pseudonym that was cut through.
_NOISE = re.compile(r"[#＃@＠]|//|https?:|^[^〔]*〕|〔[^〕]*$")
# What a unit that was cut out of a text may begin or end with, and no quote does: half a
# clause's mark, one half of a pair of brackets or quotation marks, and what only leads on.
_HALF = r"[\s，,、；;：:·•\-–—|/]"
_LEADS_ON = r"(?<=[，,、；;：:。.！!？?~～\s])(?:但是?|不过|可是|而且|并且|另外|还有|然后|所以|因为|就是|只是|以及)"
_TAIL = re.compile(rf"(?:{_HALF}|[（(【《“‘「『]|{_LEADS_ON})+$")
_HEAD = re.compile(rf"^(?:{_HALF}|[。.！!？?）)】》”’」』]|[0-9]{{1,2}}[、：:．](?![0-9]))+")
_ASKING = re.compile(r"[吗嘛][？?~～]*$|(?:有没有|是不是|怎么|多少|哪)[^，,。.！!；;]*[？?]+$")
_STATING = (Intent.BUG.value, Intent.FEATURE.value)
_IN_BRACKETS = re.compile(r"[（(【\[][^（）()【】\[\]]*[）)】\]]")


class QuoteCandidate(NamedTuple):
    """One unit that could be quoted.

    Attributes:
        preference: Lower is better; what the topic stage chose comes first.
        text: The unit's words.
        only_asks: It states nothing (:func:`only_asks`).
    """

    preference: float
    unit_id: int
    person_key: str
    text: str
    only_asks: bool = False


def as_quoted(text: str) -> str:
    """Return a unit's words as they stand between quotation marks: no half clause at an end.

    >>> as_quoted("，行李箱都摊不开，但是")
    '行李箱都摊不开'
    """
    quoted = _TAIL.sub("", _HEAD.sub("", text.strip()))
    return quoted or text.strip()


def is_aside(text: str) -> bool:
    """Tell whether words are said beside every matter: 不好意思打扰了, （手动狗头）."""
    return says_nothing(_IN_BRACKETS.sub(" ", text))


def agrees(kind: str, words: str, sentiment: str, intent: str, signals: Iterable[str]) -> bool:
    """Tell whether a unit may stand as a quote under a topic of a kind.

    Under praise only kind words, and none whose stars or irony say otherwise. Under an
    issue nothing kind, neither as the models read it nor in so many words: 半小时就送到，厉害
    is no quote for 送餐太慢. What asks nothing of the team must at least complain.
    """
    if kind == TopicKind.PRAISE:
        return sentiment == Sentiment.POS and not DOUBTFUL & set(signals)
    if sentiment == Sentiment.POS or intent == Intent.PRAISE:
        return False
    complains = intent in PROBLEM_INTENTS or sentiment == Sentiment.NEG
    return complains and not is_plainly_kind(words)


def only_asks(words: str, sentiment: str, intent: str) -> bool:
    """Tell whether a unit asks and states nothing: 有人办过分期吗？

    Not what is asked in anger (就这服务态度吗？), nor a wish or a fault put as a question.

    >>> only_asks("有人办过分期吗？", "neu", "complaint")
    True
    """
    if sentiment == Sentiment.NEG or intent in _STATING:
        return False
    return intent == Intent.QUESTION or _ASKING.search(words) is not None


def choose_quotes(candidates: Sequence[QuoteCandidate], limit: int) -> list[int]:
    """Return up to ``limit`` unit ids, best first, of different people and words.

    Texts of 8–60 characters go first (shorter ones say too little, longer ones are not
    read), and those without the marks of forwards, hashtags and links. Two quotes
    share at most half of their character pairs; a shout of fewer than 6 characters (差评, 跪求)
    is quoted only where there is nothing else, and so is what only asks.
    """

    def awkward(candidate: QuoteCandidate) -> tuple[int, float, int]:
        length = len(candidate.text)
        outside = not _COMFORTABLE[0] <= length <= _COMFORTABLE[1]
        is_noisy = _NOISE.search(candidate.text) is not None
        return outside + is_noisy, candidate.preference, candidate.unit_id

    telling = [candidate for candidate in candidates if not candidate.only_asks]
    chosen: list[QuoteCandidate] = []
    for candidate in sorted(telling or candidates, key=awkward):
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
