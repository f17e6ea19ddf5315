"""Answers of a form to items: one for each free text, closed answers beside them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from feedback_nlp.ingest.fields import MAX_CHARS, has_broken_characters, storable
from feedback_nlp.ingest.items import BAD_CHARACTERS, MAX_TEXT_CHARS, fitted_key, meta_value
from feedback_nlp.inlets.records import Malformed
from feedback_nlp.records import RawItem

#: A text of a form whose questions are unknown counts as free text from here on: shorter
#: ones are names, places and choices.
MIN_FREE_TEXT = 6
_CLOSED = re.compile(r"-?\d+([,|┋;，;]-?\d+)*")


@dataclass(frozen=True, slots=True)
class Sheet:
    """One answer sheet.

    Attributes:
        record: Its key.
        texts: Free texts by question.
        meta: Closed answers by question.
        dropped: Questions of which nothing was stored.
    """

    record: str
    texts: Mapping[str, str] = field(default_factory=dict)
    meta: Mapping[str, Any] = field(default_factory=dict)
    dropped: tuple[str, ...] = ()

    def items(
        self,
        *,
        author: str = "",
        occurred_at: datetime | None = None,
        rating: float | None = None,
        region: str = "",
        device: str = "",
    ) -> tuple[RawItem, ...]:
        """Return one item for each free text, its key ``record#question``."""
        return tuple(
            item(
                f"{self.record}#{question}",
                text,
                thread_key=self.record,
                author=author,
                occurred_at=occurred_at,
                rating=rating,
                meta=self.meta,
                region=region,
                device=device,
            )
            for question, text in self.texts.items()
        )


def sheet(record: str, answers: Iterable[tuple[str, Any]], chosen: Collection[str] = ()) -> Sheet:
    """Return an answer sheet whose questions are not known to be free or closed.

    Args:
        record: Its key.
        answers: Question and answer.
        chosen: Questions that are free texts; if none is chosen, longer texts are.
    """
    texts: dict[str, str] = {}
    meta: dict[str, Any] = {}
    dropped: list[str] = []
    for question, answer in answers:
        match answer:
            case None | "" | [] | {}:
                continue
            case str() if question in chosen or (not chosen and is_free(answer)):
                texts[question] = answer
            case str() if not chosen and not _CLOSED.fullmatch(answer.strip()):
                dropped.append(question)  # a name as likely as a choice
            case list() if all(isinstance(one, str | int | float) for one in answer):
                meta[question] = [meta_value(one) for one in answer[:50]]
            case str() | int() | float():
                meta[question] = meta_value(answer)
            case _:
                dropped.append(question)
    return Sheet(record, texts, meta, tuple(dropped))


def is_free(answer: str) -> bool:
    """Tell whether an answer is words of one's own and not a choice or a number."""
    text = answer.strip()
    return len(text) >= MIN_FREE_TEXT and not _CLOSED.fullmatch(text)


def item(key: str, text: str, **values: Any) -> RawItem:
    """Return one item whose values fit into the store.

    Raises:
        Malformed: If its text cannot be stored whole.
    """
    if has_broken_characters(text):
        raise Malformed(BAD_CHARACTERS)
    if len(text) > MAX_TEXT_CHARS:
        raise Malformed(f"正文有 {len(text):,} 字，最多接受 {MAX_TEXT_CHARS:,} 字")
    fitted: dict[str, Any] = {
        name: storable(value)[: MAX_CHARS[name]] if name in MAX_CHARS and value else value
        for name, value in values.items()
        if value not in ("", None)
    }
    return RawItem(line=1, source_key=fitted_key(key), text=text, **fitted)
