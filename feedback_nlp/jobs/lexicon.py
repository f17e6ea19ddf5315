"""The dictionary workbench over the store: suggestions and previews, for every edge alike."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

from sqlmodel import Session

from feedback_nlp.chinese import DictionaryWord, fold, tokenizer_with
from feedback_nlp.lexicon import (
    CutPreview,
    Suggestion,
    TouchedTopic,
    check_word,
    preview_cut,
    touched_topics,
)
from feedback_nlp.lexicon.mining import MiningLimits, suggest
from feedback_nlp.store import lexicon

PREVIEWED_UNITS = 1_000
"""The newest, of feedback with a word: they say well enough what it would change."""


@dataclass(frozen=True, slots=True)
class Suggested:
    """Words worth teaching.

    Attributes:
        lexicon_version: The dictionary they were looked up in.
        unit_count: Units that were read, copies once.
        suggestions: The best first.
    """

    lexicon_version: int
    unit_count: int
    suggestions: tuple[Suggestion, ...]


@dataclass(frozen=True, slots=True)
class WordPreview:
    """What one word would change."""

    cut: CutPreview
    topics: tuple[TouchedTopic, ...]


def suggest_words(
    session: Session, *, limit: int, product: str | None = None, min_people: int | None = None
) -> Suggested:
    """Mine the stored feedback for words that nobody has taught yet.

    Args:
        session: A reading session.
        limit: At most so many.
        product: Only this product's feedback.
        min_people: Distinct people behind each; the miner's own limit if ``None``.
    """
    taught = lexicon.words(session)
    passages = lexicon.passages(session, product=product)
    found = suggest(
        passages,
        tokenizer_with(taught.words),
        limit=limit + len(taught.stops),
        limits=MiningLimits() if min_people is None else MiningLimits(min_people=min_people),
    )
    new = tuple(word for word in found if fold(word.word) not in taught.stops)[:limit]
    return Suggested(taught.version, len(passages), new)


def example_texts(session: Session, suggested: Suggested) -> dict[int, str]:
    """Return the text of each example that is still there, by unit id."""
    ids = {unit_id for word in suggested.suggestions for unit_id in word.examples}
    return lexicon.unit_texts(session, ids)


def preview_words(session: Session, words: Iterable[str]) -> list[WordPreview]:
    """Tell what each word alone would change; nothing is saved.

    Looks at the newest feedback with the word, :data:`PREVIEWED_UNITS` of its units.

    Raises:
        InputError: If a word is not usable.
    """
    wanted = list(dict.fromkeys(map(check_word, words)))
    taught = lexicon.words(session).words
    previews = []
    for word in wanted:
        passages = lexicon.passages(session, with_copies=True, holding=word, limit=PREVIEWED_UNITS)
        after = tokenizer_with((*taught, DictionaryWord(fold(word), "n")))
        cut = preview_cut(word, passages, tokenizer_with(taught), after)
        topics = lexicon.named_topics(session, cut.found)
        touched = touched_topics(cut, topics, partial(lexicon.topic_sizes, session))
        previews.append(WordPreview(cut, tuple(touched)))
    return previews
