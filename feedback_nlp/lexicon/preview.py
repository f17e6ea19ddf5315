"""What a word would change, before it is saved."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from feedback_nlp.chinese import Tokenizer, fold, fold_batch
from feedback_nlp.lexicon.records import CutChange, CutPreview, Passage

_EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class NamedTopic:
    """A topic as far as words matter.

    Attributes:
        topic_id: Permanent id.
        name: What people see.
        keywords: Its words.
        members: Ids of those of its passages that may hold the word.
    """

    topic_id: int
    name: str
    keywords: tuple[str, ...]
    members: frozenset[int]


@dataclass(frozen=True, slots=True)
class TouchedTopic:
    """A topic that a word touches.

    Attributes:
        topic_id: Permanent id.
        name: What people see now.
        keywords: Those of its keywords that hold the word or are a piece of it.
        in_name: The name holds the word.
        found_count: Members that hold the word.
        member_count: All members.
    """

    topic_id: int
    name: str
    keywords: tuple[str, ...]
    in_name: bool
    found_count: int
    member_count: int


def preview_cut(
    word: str,
    passages: Sequence[Passage],
    before: Tokenizer,
    after: Tokenizer,
    *,
    example_count: int = _EXAMPLES,
) -> CutPreview:
    """Compare the cuts of all passages that hold a word.

    Args:
        word: In any spelling.
        passages: Where to look.
        before: Cuts as today.
        after: Knows the word, too.
        example_count: Changes shown, short passages first.
    """
    wanted = fold(word)
    texts = fold_batch([passage.text for passage in passages])
    found: list[int] = []
    changes: list[CutChange] = []
    for passage, text in zip(passages, texts, strict=True):
        if wanted not in text:
            continue
        found.append(passage.passage_id)
        old, new = tuple(before.cut(text)), tuple(after.cut(text))
        if old != new:
            changes.append(CutChange(passage.passage_id, passage.text, old, new))
    changes.sort(key=lambda change: (len(change.text), change.passage_id))
    return CutPreview(
        word=word,
        known=before.knows(wanted),
        found=tuple(found),
        changed_count=len(changes),
        pieces=tuple(before.cut(wanted)),
        examples=tuple(_distinct(changes)[:example_count]),
    )


def _distinct(changes: Iterable[CutChange]) -> list[CutChange]:
    """Keep the first of the changes that look the same."""
    return list({change.before: change for change in reversed(list(changes))}.values())[::-1]


def touched_topics(
    preview: CutPreview,
    topics: Iterable[NamedTopic],
    sizes_of: Callable[[Collection[int]], Mapping[int, int]],
) -> list[TouchedTopic]:
    """Return the topics whose name, keywords or members hold a word.

    Those whose name or keywords do come first, then those with most such members.

    A keyword that is a piece of the word (饥饿 of 饥饿营销) is told only where members
    hold the word: elsewhere it does not come from it.

    Args:
        preview: What the word would change.
        topics: Those that people see.
        sizes_of: How many passages topics have; asked once, for those that are touched.
    """
    word, found = fold(preview.word), frozenset(preview.found)
    pieces = {piece for piece in preview.pieces if len(piece) > 1}
    hits = []
    for topic in topics:
        found_count = len(topic.members & found)
        keywords = tuple(
            keyword
            for keyword in topic.keywords
            if word in fold(keyword) or (found_count and fold(keyword) in pieces)
        )
        in_name = word in fold(topic.name)
        if found_count or keywords or in_name:
            hits.append((topic, (keywords, in_name, found_count)))
    sizes = sizes_of([topic.topic_id for topic, _ in hits])
    touched = [
        TouchedTopic(topic.topic_id, topic.name, *held, sizes.get(topic.topic_id, 0))
        for topic, held in hits
    ]
    touched.sort(
        key=lambda topic: (
            not (topic.in_name or topic.keywords),
            -topic.found_count,
            topic.topic_id,
        )
    )
    return touched
