"""What people teach the dictionary: words to keep whole, words that never make a name."""

from __future__ import annotations

from collections.abc import Iterable

from sqlmodel import Session

from feedback_nlp.chinese import fold
from feedback_nlp.editing.edit import Edit
from feedback_nlp.errors import NotFound
from feedback_nlp.labels import WordKind
from feedback_nlp.lexicon import DictionaryLine, check_tag, check_word
from feedback_nlp.store.lexicon import active, version
from feedback_nlp.store.tables import LexiconEntry

_STOP_TAG = "u"  # a particle, in jieba's terms: no name begins or ends with one


def add(
    session: Session,
    word: str,
    edit: Edit,
    *,
    kind: WordKind = WordKind.PRODUCT,
    tag: str = "n",
    frequency: int | None = None,
) -> LexiconEntry:
    """Teach a word; one that is taught already is changed, or left as it is if the same.

    Raises:
        InputError: If the word or its part of speech is not usable.
    """
    word = check_word(word)
    tag = _STOP_TAG if kind is WordKind.STOP else check_tag(tag)
    present = active(session, word)
    if present is not None:
        if (present.word, present.kind, present.tag, present.frequency) == (
            word,
            kind.value,
            tag,
            frequency,
        ):
            return present
        _take_back(session, present, edit)
    entry = LexiconEntry(
        word=word,
        folded=fold(word),
        kind=kind.value,
        tag=tag,
        frequency=frequency,
        added_by=edit.actor,
        added_at=edit.now,
    )
    session.add(entry)
    session.flush()
    return entry


def add_all(session: Session, lines: Iterable[DictionaryLine], edit: Edit) -> int:
    """Teach many words; return how many changes that made.

    Raises:
        InputError: If one is not usable; then the caller's transaction saves none.
    """
    before = version(session)
    for line in lines:
        add(session, line.word, edit, kind=line.kind, tag=line.tag, frequency=line.frequency)
    return version(session) - before


def remove(session: Session, word: str, edit: Edit) -> LexiconEntry:
    """Take a word back.

    Raises:
        NotFound: If it is not taught.
    """
    entry = active(session, word)
    if entry is None:
        raise NotFound(f"自建词典里没有「{word}」", reason="unknown-word", word=word)
    _take_back(session, entry, edit)
    return entry


def _take_back(session: Session, entry: LexiconEntry, edit: Edit) -> None:
    entry.removed_by, entry.removed_at = edit.actor, edit.now
    session.add(entry)
    session.flush()
