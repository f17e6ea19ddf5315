"""Finds words that the dictionary lacks, with the evidence for each."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from feedback_nlp.chinese import Tokenizer
from feedback_nlp.lexicon.records import Passage, Suggestion
from feedback_nlp.lexicon.shape import Piece, guess_kind, read_edge_words, word_weight
from feedback_nlp.lexicon.statistics import (
    Ints,
    Runs,
    SymbolText,
    frequent_runs,
    read_symbols,
)

_REDACTED = re.compile(r"〔[^〕]*〕")
_PLACES_READ = 100  # places of a run whose cut and spelling are looked at
_CHARACTERS_CUT = 200_000  # at a time
_EXAMPLE_LENGTHS = range(6, 41)
_ALNUM = re.compile(r"[a-z0-9.+_-]+")


@dataclass(frozen=True, slots=True)
class MiningLimits:
    """What a suggestion must reach.

    Attributes:
        min_people: Distinct people.
        min_cohesion: Bits; below, the parts meet by chance.
        min_entropy: Bits, on both sides; below, it is a part of something longer.
        min_aligned_share: Share (0–1) of places where no word of today's cut reaches over
            an end.
        max_whole_share: Share (0–1); above, the tokenizer guesses it well enough.
        fragment_share: Share (0–1) of a run's places inside one longer suggestion from
            which it counts as a fragment of that.
        example_count: Passages shown with each.
    """

    min_people: int = 6
    min_cohesion: float = 3.0
    min_entropy: float = 1.5
    min_aligned_share: float = 0.4
    max_whole_share: float = 0.9
    fragment_share: float = 0.6
    example_count: int = 3


class _Cut(NamedTuple):
    """Today's cut of all passages into w words.

    Attributes:
        begins: (w + 1,) where each word begins, and the end of the text.
        tags: (w,) index of each word's part of speech in ``tag_names``.
        index_at: (characters + 1,) index of the word that begins here, else −1.
        tag_names: Parts of speech.
    """

    begins: Ints
    tags: npt.NDArray[np.int16]
    index_at: npt.NDArray[np.int32]
    tag_names: list[str]


def suggest(
    passages: Sequence[Passage],
    tokenizer: Tokenizer,
    *,
    limit: int = 30,
    limits: MiningLimits = MiningLimits(),
) -> list[Suggestion]:
    """Return the words worth adding, the best first.

    Time and memory grow linearly with the characters: about 150 bytes each.

    Args:
        passages: Distinct ones; texts that fold to the same count once.
        tokenizer: What it knows is not suggested.
        limit: At most so many.
        limits: What a suggestion must reach.
    """
    passages = _distinct(passages)
    text = read_symbols([_REDACTED.sub(_blank, passage.text) for passage in passages])
    cut = _cut(text, tokenizer)
    people = np.unique([passage.person for passage in passages], return_inverse=True)[1]
    speaker = np.append(people, 0).astype(np.int64)[text.passages]
    found = [
        suggestion
        for runs in frequent_runs(text, limits.min_people)
        for suggestion in _suggestions(runs, text, cut, speaker, passages, tokenizer, limits)
    ]
    found.sort(key=lambda suggestion: (-suggestion.score, suggestion.word))
    return _without_fragments(found, limits.fragment_share)[:limit]


def _suggestions(
    runs: Runs,
    text: SymbolText,
    cut: _Cut,
    speaker: Ints,
    passages: Sequence[Passage],
    tokenizer: Tokenizer,
    limits: MiningLimits,
) -> list[Suggestion]:
    """Turn the runs of one length that are worth it into suggestions."""
    entropy = np.minimum(runs.left, runs.right)
    found = []
    for run in np.flatnonzero(
        (entropy >= limits.min_entropy) & (runs.cohesion >= limits.min_cohesion)
    ).tolist():
        places = runs.places[runs.offsets[run] : runs.offsets[run + 1]]
        starts, ends = text.starts[places], text.ends[places + runs.length - 1]
        same = ends - starts == ends[0] - starts[0]  # all, but for a hash of foreign letters
        places, starts, ends = places[same], starts[same], ends[same]
        word = text.folded[starts[0] : ends[0]]
        if tokenizer.knows(word) or not _is_joined(word):
            continue
        speakers = np.unique(speaker[places])
        aligned = (cut.index_at[starts] >= 0) & (cut.index_at[ends] >= 0)
        whole = float((aligned & (cut.index_at[ends] - cut.index_at[starts] == 1)).mean())
        if (
            len(speakers) < limits.min_people
            or aligned.mean() < limits.min_aligned_share
            or whole > limits.max_whole_share
        ):
            continue
        pieces = _pieces(cut, text.folded, starts[aligned], ends[aligned], tokenizer)
        weight = word_weight(pieces, read_edge_words())
        if weight <= 0:
            continue
        kind, tag = guess_kind(word, pieces)
        found.append(
            Suggestion(
                word=_spelling(text, starts, ends),
                kind=kind,
                tag=tag,
                count=len(places),
                person_count=len(speakers),
                cohesion=round(float(runs.cohesion[run]), 2),
                left_entropy=round(float(runs.left[run]), 2),
                right_entropy=round(float(runs.right[run]), 2),
                pieces=tuple(piece.text for piece in pieces),
                whole_share=round(whole, 3),
                score=round(
                    float(runs.cohesion[run] * entropy[run])
                    * weight
                    * (1 - whole) ** 0.5
                    * float(np.log2(len(speakers))),
                    2,
                ),
                examples=_examples(
                    np.unique(text.passages[places]), passages, limits.example_count
                ),
            )
        )
    return found


def _distinct(passages: Sequence[Passage]) -> list[Passage]:
    """Keep the first of the passages that say the same."""
    seen: set[str] = set()
    kept = []
    for passage in passages:
        said = passage.text.strip()
        if said and said not in seen:
            seen.add(said)
            kept.append(passage if said == passage.text else replace(passage, text=said))
    return kept


def _blank(found: re.Match[str]) -> str:
    return "〔" * len(found.group())


def _cut(text: SymbolText, tokenizer: Tokenizer) -> _Cut:
    """Cut and tag all passages, a part at a time: the words themselves are not kept."""
    lengths: list[npt.NDArray[np.int64]] = []
    tags: list[npt.NDArray[np.int16]] = []
    numbers: dict[str, int] = {}
    begin = 0
    while begin < len(text.folded):
        end = text.folded.find("\n", begin + _CHARACTERS_CUT) + 1 or len(text.folded)
        words = tokenizer.tag(text.folded[begin:end])
        count = len(words)
        lengths.append(np.fromiter((len(word) for word, _ in words), np.int64, count))
        tags.append(
            np.fromiter(
                (numbers.setdefault(tag, len(numbers)) for _, tag in words), np.int16, count
            )
        )
        begin = end
    begins = np.concatenate([np.zeros(1, np.int64), *lengths]).cumsum()
    index_at = np.full(len(text.folded) + 1, -1, np.int32)
    index_at[begins] = np.arange(len(begins))
    return _Cut(begins, np.concatenate([np.zeros(0, np.int16), *tags]), index_at, list(numbers))


def _is_joined(word: str) -> bool:
    """Tell whether a run is one the tokenizer could keep: some ideograph, not too long."""
    return _ALNUM.fullmatch(word) is None and len(word) <= 20


def _pieces(cut: _Cut, folded: str, starts: Ints, ends: Ints, tokenizer: Tokenizer) -> list[Piece]:
    """Return the most frequent cut at these places, the first of equals."""

    def tagged(first: int, last: int) -> tuple[tuple[str, str], ...]:
        borders = cut.begins[first : last + 1].tolist()
        names = [cut.tag_names[tag] for tag in cut.tags[first:last].tolist()]
        words = [folded[begin:end] for begin, end in itertools.pairwise(borders)]
        return tuple(zip(words, names, strict=True))

    cuts = Counter(
        map(
            tagged,
            cut.index_at[starts[:_PLACES_READ]].tolist(),
            cut.index_at[ends[:_PLACES_READ]].tolist(),
        )
    )
    return [Piece(word, tag, tokenizer.knows(word)) for word, tag in cuts.most_common(1)[0][0]]


def _spelling(text: SymbolText, starts: Ints, ends: Ints) -> str:
    """Return the spelling that most places use, the smallest of equals."""
    spellings = Counter(
        text.raw[start:end]
        for start, end in zip(
            starts[:_PLACES_READ].tolist(), ends[:_PLACES_READ].tolist(), strict=True
        )
    )
    return min(spellings, key=lambda spelling: (-spellings[spelling], spelling))


def _examples(
    indices: npt.NDArray[np.int64], passages: Sequence[Passage], count: int
) -> tuple[int, ...]:
    """Choose short passages of different people: easy to read, yet more than the word."""
    ranked = sorted(
        (passages[index] for index in indices.tolist()),
        key=lambda passage: (
            len(passage.text) not in _EXAMPLE_LENGTHS,
            len(passage.text),
            passage.passage_id,
        ),
    )
    chosen: dict[str, int] = {}
    for passage in ranked:
        chosen.setdefault(passage.person, passage.passage_id)
        if len(chosen) == count:
            break
    return tuple(chosen.values())


def _without_fragments(found: Sequence[Suggestion], share: float) -> list[Suggestion]:
    """Drop parts of longer words, and better words with something stuck to them.

    Args:
        found: The best first.
        share: From this share of its places inside a longer word on, a word is a part.
    """
    dropped: set[str] = set()
    for suggestion in found:
        word = suggestion.word.lower()
        for other in found:
            inner = other.word.lower()
            if inner == word or inner not in word:
                continue
            if suggestion.count >= share * other.count:
                dropped.add(other.word)
            elif other.score > suggestion.score and not _adds_version(word, inner):
                dropped.add(suggestion.word)
    return [suggestion for suggestion in found if suggestion.word not in dropped]


def _adds_version(word: str, inner: str) -> bool:
    """Tell whether ``word`` is ``inner`` and a number or letters: 小米手环2."""
    return _ALNUM.fullmatch(word.replace(inner, "", 1)) is not None
