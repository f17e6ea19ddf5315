"""Finds warning signs in a text; negation takes a sign away."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from feedback_nlp.chinese import fold_batch
from feedback_nlp.labels import Signal
from feedback_nlp.understanding.signals.lexicon import (
    ANGER,
    CHURN,
    FAILURE,
    PHRASE,
    PRAISE,
    SEVERE,
    SignalLexicon,
    load_lexicon,
)

_CONTEXT_CHARS = 10
_SARCASM_REACH_CHARS = 18
_NEAR_CHARS = 60  # from the start of a failure to praise after it: its length and the reach
_LOW_STARS, _HIGH_STARS = 2.0, 4.0
_CLEAR_FEELING = 0.5
_SIGNAL_OF = {ANGER: Signal.ANGER, CHURN: Signal.CHURN, SEVERE: Signal.SEVERE}


def detect(
    text: str, rating: float | None = None, sentiment_score: float | None = None
) -> tuple[Signal, ...]:
    """Return the warning signs in one text, sorted; see :func:`detect_batch`."""
    return detect_batch([text], [rating], [sentiment_score])[0]


def detect_batch(
    texts: Sequence[str],
    ratings: Sequence[float | None] | None = None,
    sentiment_scores: Sequence[float | None] | None = None,
) -> list[tuple[Signal, ...]]:
    """Return the warning signs in each text, sorted.

    Args:
        texts: What people said.
        ratings: Stars on a 1–5 scale, where known.
        sentiment_scores: −1 … 1 of the whole text, where known; needed for
            ``RATING_CONFLICT``.

    Raises:
        ValueError: If the lengths differ.
    """
    lexicon = load_lexicon()
    found = [_signs(text, lexicon) for text in fold_batch(texts)]
    if ratings is not None and sentiment_scores is not None:
        for signs, rating, score in zip(found, ratings, sentiment_scores, strict=True):
            if rating is not None and score is not None and rating_conflicts(rating, score):
                signs.add(Signal.RATING_CONFLICT)
    return [tuple(sorted(signs)) if signs else () for signs in found]


def rating_conflicts(rating: float, sentiment_score: float) -> bool:
    """Return whether stars (1–5) and the feeling of the text (−1 … 1) clearly disagree.

    Three stars never do: they go with texts of every feeling.
    """
    if rating <= _LOW_STARS:
        return sentiment_score >= _CLEAR_FEELING
    return rating >= _HIGH_STARS and sentiment_score <= -_CLEAR_FEELING


def _signs(text: str, lexicon: SignalLexicon) -> set[Signal]:
    signs: set[Signal] = set()
    praise: list[tuple[int, int]] = []
    failures: list[tuple[int, int]] = []
    for pattern, start, end in lexicon.automaton.find_matches_as_indexes(text):
        role = lexicon.roles[pattern]
        if not role or _negated(text, start, end, lexicon):
            continue
        for bit, signal in _SIGNAL_OF.items():
            if role & bit:
                signs.add(signal)
        if role & PHRASE:
            signs.add(Signal.SARCASM)
        if role & PRAISE:
            praise.append((start, end))
        if role & (FAILURE | SEVERE):
            failures.append((start, end))
    if praise:
        failures += [match.span() for match in lexicon.failure.finditer(text)]
    if failures and _sarcastic(text, praise, failures, lexicon):
        signs.add(Signal.SARCASM)
    return signs


def _negated(text: str, start: int, end: int, lexicon: SignalLexicon) -> bool:
    before = text[max(0, start - _CONTEXT_CHARS) : start]
    if before and lexicon.negated_before.search(before):
        return True
    return lexicon.over_after.match(text, end, end + _CONTEXT_CHARS) is not None


def _sarcastic(
    text: str,
    praise: Sequence[tuple[int, int]],
    failures: Sequence[tuple[int, int]],
    lexicon: SignalLexicon,
) -> bool:
    """Return whether general praise and a failure stand close, with no turn between."""
    ordered = sorted(failures)
    for praise_start, praise_end in praise:
        low = bisect_left(ordered, (praise_start - _NEAR_CHARS, 0))
        for position in range(low, len(ordered)):
            failure_start, failure_end = ordered[position]
            if failure_start > praise_end + _SARCASM_REACH_CHARS:
                break
            between = (
                text[praise_end:failure_start]
                if praise_end <= failure_start
                else text[failure_end:praise_start]
            )
            if len(between) <= _SARCASM_REACH_CHARS and not lexicon.contrast.search(between):
                return True
    return False
