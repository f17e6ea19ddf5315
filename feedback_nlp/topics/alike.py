"""Which topics of one fit are likely one matter, and what speaks for it.

The clustering finds many small topics on purpose: one that mixes two matters cannot be
told apart by a list, two that are one can be merged with a glance. So pairs that lie
close are proposed, never merged, with five kinds of evidence::

    place   cosine of the two mean directions in topic space (the learned metric)
    words   cosine of the two in the embedding alone: what was said, whatever the metric knows
    next    share of each topic's units that would go to the other one if theirs were gone
    seeds   overlap of the seed issues that the units of both resemble most
    thing   1 if their names speak of one thing that few other names speak of

    score = 0.35·place + 0.2·words + 0.35·next + 0.1·seeds + 0.15·thing     at most 1

Seeds may also forbid: two topics whose units resemble different known issues are one only if
they lie in the very same place, or all else says so plainly. So if most units of each are
clearly known issues, and never the same. And many people who speak of both say two things,
not one thing twice.

Phrases that both have are told as well. They add nothing to the score, but two troubles may
share one word (配送加收 and 配送太慢): one matter has two words in common that are rare
elsewhere, what it is about and what is wrong with it; a thing that both names speak of is one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from feedback_nlp.topics.directions import unit_rows

_WEIGHTS = (0.35, 0.2, 0.35, 0.1, 0.15)
_MAX_NAMES = 0.06
_TOP_SEEDS = 3
_MIN_SEEDS = 0.6
_SAME_PLACE = 0.66
_PLAINLY_ONE = 0.75
_KNOWN_SHARE = 0.4
_SAME_KNOWN = 0.05
_TWO_THINGS_SHARE = 0.15
_TWO_THINGS_PEOPLE = 3
_PHRASE_MIN_SHARE = 0.05
_WORDS_IN_COMMON = 2
_PHRASE_MAX_TOPICS = 0.2
_SAMPLE = 300
_PHRASES = 4


@dataclass(frozen=True)
class TopicBody:
    """What one topic consists of.

    Attributes:
        texts: (s,) index of each unit's text into the vectors; never empty.
        people: Who said it.
        named: What its name speaks of: 卫生 of 卫生条件差.
    """

    texts: np.ndarray
    people: frozenset[str]
    named: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Alike:
    """Two topics that may be one, by their index; the first is the lower.

    Attributes:
        first, second: Indices of the topics.
        score: How likely they are one, 0–1.
        place, words, next_share, seeds: The parts, 0–1.
        shared_people: People who speak of both.
        thing: What both names speak of, or ``""``.
        shared_phrases: Words that are frequent in both and rare elsewhere.
        seed_code: Seed issue that both resemble most, or ``""``.
    """

    first: int
    second: int
    score: float
    place: float
    words: float
    next_share: float
    seeds: float
    shared_people: int
    thing: str = ""
    shared_phrases: tuple[str, ...] = ()
    seed_code: str = ""


def find_alike(
    bodies: Sequence[TopicBody],
    vectors: np.ndarray,
    scores: np.ndarray,
    codes: Sequence[str],
    words_of: Callable[[int], frozenset[str]],
    *,
    min_score: float,
    known_min_score: float,
) -> tuple[Alike, ...]:
    """Return the pairs of topics that are likely one, the likeliest first.

    Args:
        bodies: k topics.
        vectors: (m, d + C) float32 of the texts, unit length, the embedding first.
        scores: (m, C) of the metric.
        codes: C issue codes.
        words_of: The content words of a text, by its index.
        min_score: From here on a pair is worth a person's look, 0–1.
        known_min_score: From here on a text is clearly a known issue.
    """
    if len(bodies) < 2:
        return ()
    means = np.stack([vectors[body.texts].mean(axis=0) for body in bodies])
    width = vectors.shape[1] - scores.shape[1]
    place, words = (_cosines(block) for block in (means, means[:, :width]))
    following = _next_shares(bodies, vectors, unit_rows(means))
    following = (following + following.T) / 2
    profiles = np.stack([np.maximum(scores[body.texts].mean(axis=0), 0.0) for body in bodies])
    seeds = _overlaps(profiles)
    things = _things(bodies)
    parts = (place, words, following, seeds, things != "")
    total = np.minimum(np.tensordot(np.array(_WEIGHTS), np.stack(parts), axes=1), 1.0)
    differ = (seeds < _MIN_SEEDS) & (total < _PLAINLY_ONE)
    differ |= _are_known_apart(bodies, scores, known_min_score)
    can_be_one = (~differ | (place >= _SAME_PLACE)) & ~_are_two_things(bodies)
    firsts, seconds = np.nonzero(np.triu((total >= min_score) & can_be_one, 1))
    if not len(firsts):
        return ()
    spoken = _spoken(bodies, words_of)
    best = [codes[index] if top[index] > 0 else "" for top, index in _tops(profiles)]
    found = []
    for first, second in zip(firsts.tolist(), seconds.tolist(), strict=True):
        shared, thing = _shared(spoken, first, second), str(things[first, second])
        if len({*shared, thing} - {""}) < _WORDS_IN_COMMON:
            continue
        same = best[first] if best[first] == best[second] else ""
        found.append(
            Alike(
                first,
                second,
                score=_rounded(total, first, second),
                place=_rounded(place, first, second),
                words=_rounded(words, first, second),
                next_share=_rounded(following, first, second),
                seeds=_rounded(seeds, first, second),
                shared_people=len(bodies[first].people & bodies[second].people),
                thing=thing,
                shared_phrases=shared[:_PHRASES],
                seed_code=same,
            )
        )
    return tuple(sorted(found, key=lambda pair: (-pair.score, pair.first, pair.second)))


def _rounded(values: np.ndarray, first: int, second: int) -> float:
    return round(float(values[first, second]), 4)


def _cosines(means: np.ndarray) -> np.ndarray:
    directions = unit_rows(means)
    cosines: np.ndarray = np.clip(directions @ directions.T, 0.0, 1.0)
    return cosines


def _next_shares(
    bodies: Sequence[TopicBody], vectors: np.ndarray, centroids: np.ndarray
) -> np.ndarray:
    """Return (k, k): the share of row's units to which column lies nearest after row itself."""
    shares = np.zeros((len(bodies), len(bodies)), np.float32)
    for row, body in enumerate(bodies):
        cosines = vectors[body.texts] @ centroids.T
        cosines[:, row] = -np.inf
        shares[row] = np.bincount(cosines.argmax(axis=1), minlength=len(bodies)) / len(body.texts)
    return shares


def _overlaps(profiles: np.ndarray) -> np.ndarray:
    """Return (k, k): how many of their three strongest seed issues two topics share, 0–1."""
    count = min(_TOP_SEEDS, profiles.shape[1])
    strongest = np.zeros_like(profiles)
    np.put_along_axis(strongest, np.argsort(-profiles, axis=1)[:, :count], 1.0, axis=1)
    strongest *= profiles > 0
    overlaps: np.ndarray = strongest @ strongest.T / max(count, 1)
    return overlaps


def _things(bodies: Sequence[TopicBody]) -> np.ndarray:
    """Return (k, k) str: the thing of which both names speak, unless many names do."""
    names = Counter(word for body in bodies for word in body.named)
    most = max(2, int(_MAX_NAMES * len(bodies)))
    things = np.full((len(bodies), len(bodies)), "", object)
    for row, one in enumerate(bodies):
        for column, other in enumerate(bodies):
            common = sorted(word for word in one.named & other.named if names[word] <= most)
            things[row, column] = max(common, key=len, default="")
    return things


def _are_known_apart(
    bodies: Sequence[TopicBody], scores: np.ndarray, min_score: float
) -> np.ndarray:
    """Return (k, k) bool: both topics are clearly known issues, and not the same."""
    shares = np.zeros((len(bodies), scores.shape[1]), np.float32)
    for row, body in enumerate(bodies):
        own = scores[body.texts]
        clear = own.max(axis=1, initial=-1.0) >= min_score
        best = own[clear].argmax(axis=1) if clear.any() else np.zeros(0, np.int64)
        shares[row] = np.bincount(best, minlength=scores.shape[1]) / len(body.texts)
    common = np.minimum(shares[:, None, :], shares[None, :, :]).sum(axis=2)
    is_known = shares.max(axis=1, initial=0.0) >= _KNOWN_SHARE
    apart: np.ndarray = is_known[:, None] & is_known[None, :] & (common < _SAME_KNOWN)
    return apart


def _are_two_things(bodies: Sequence[TopicBody]) -> np.ndarray:
    """Return (k, k) bool: too many people speak of both for the two to be one matter."""
    shared = np.array([[len(a.people & b.people) for b in bodies] for a in bodies])
    fewer = np.minimum.outer(shared.diagonal(), shared.diagonal())
    two: np.ndarray = (shared >= _TWO_THINGS_PEOPLE) & (shared >= _TWO_THINGS_SHARE * fewer)
    return two


def _tops(profiles: np.ndarray) -> list[tuple[np.ndarray, int]]:
    return [(profile, int(profile.argmax())) for profile in profiles]


def _spoken(
    bodies: Sequence[TopicBody], words_of: Callable[[int], frozenset[str]]
) -> list[dict[str, float]]:
    """Return for each topic the share of its units that say a word, where it is no rarity."""
    spoken = []
    for body in bodies:
        texts = body.texts[:: max(1, len(body.texts) // _SAMPLE)].tolist()
        counts: dict[str, int] = {}
        for text in texts:
            for word in words_of(text):
                counts[word] = counts.get(word, 0) + 1
        spoken.append(
            {
                word: count / len(texts)
                for word, count in counts.items()
                if count >= max(2, _PHRASE_MIN_SHARE * len(texts))
            }
        )
    return spoken


def _shared(spoken: Sequence[dict[str, float]], first: int, second: int) -> tuple[str, ...]:
    common = spoken[first].keys() & spoken[second].keys()
    most = max(2, int(_PHRASE_MAX_TOPICS * len(spoken)))
    telling = [word for word in common if sum(word in words for words in spoken) <= most]
    telling.sort(key=lambda word: (-min(spoken[first][word], spoken[second][word]), word))
    return tuple(telling)
