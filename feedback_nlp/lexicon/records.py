"""What mining and previewing give back: plain records."""

from __future__ import annotations

from dataclasses import dataclass

from feedback_nlp.labels import WordKind


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch of one person's text; words do not reach over its ends.

    Attributes:
        passage_id: The caller's name for it.
        text: What was said, already redacted.
        person: Whom it counts for.
    """

    passage_id: int
    text: str
    person: str


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A word the dictionary lacks, with its evidence.

    Attributes:
        word: In the spelling that most people use.
        kind: A guess from the parts.
        tag: Part of speech to save it with, a guess.
        count: Places it was found at, copies counted once.
        person_count: Distinct people behind them.
        cohesion: Lowest pointwise mutual information over all cuts in two, in bits.
        left_entropy: Variety of what comes before it, in bits.
        right_entropy: Variety of what comes after it, in bits.
        pieces: What the tokenizer mostly makes of it today.
        whole_share: Share (0–1) of its places where the tokenizer keeps it whole today.
        score: Orders suggestions; higher is better.
        examples: Ids of passages that hold it.
    """

    word: str
    kind: WordKind
    tag: str
    count: int
    person_count: int
    cohesion: float
    left_entropy: float
    right_entropy: float
    pieces: tuple[str, ...]
    whole_share: float
    score: float
    examples: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class CutChange:
    """One passage that would be cut another way."""

    passage_id: int
    text: str
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CutPreview:
    """What a new word would do to the cuts.

    Attributes:
        word: The word.
        known: The tokenizer has it already.
        found: Ids of all passages that hold it.
        changed_count: How many of these would be cut another way.
        pieces: What the tokenizer makes of the word alone, today.
        examples: A few of the changes.
    """

    word: str
    known: bool
    found: tuple[int, ...]
    changed_count: int
    pieces: tuple[str, ...]
    examples: tuple[CutChange, ...]
