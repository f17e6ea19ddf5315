"""Several texts side by side in a row: comments below a post, pros and cons."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from feedback_nlp.ingest.columns import comparable, read_toml, without_brackets
from feedback_nlp.ingest.items import ItemBuilder, fitted_key
from feedback_nlp.ingest.looks import Looks
from feedback_nlp.ingest.plain import plain
from feedback_nlp.records import RawItem, Rejection

Build = Callable[[int, Mapping[str, Any]], RawItem | Rejection]


@dataclass(frozen=True, slots=True)
class SeveralTexts:
    """Columns that hold texts of their own beside the main one.

    Attributes:
        others: Texts of other people (comments): neither author, rating nor time of the row.
        parts: Parts of the same person's review.
    """

    others: tuple[str, ...]
    parts: tuple[str, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """All of them."""
        return (*self.others, *self.parts)


@cache
def _numbered() -> re.Pattern[str]:
    return re.compile(read_toml("surveys.toml")["texts"]["numbered"])


@cache
def _parts() -> frozenset[str]:
    return frozenset(map(comparable, read_toml("surveys.toml")["texts"]["parts"]))


def _is_part(column: str) -> bool:
    names = {comparable(column), without_brackets(column)}
    ends = tuple(read_toml("surveys.toml")["texts"]["part_ends"])
    return bool(names & _parts()) or without_brackets(column).endswith(ends)


def several_texts(looks: Mapping[str, Looks], text: str | None) -> SeveralTexts | None:
    """Return the further text columns of a file, or ``None`` if it has none.

    Args:
        looks: What each column looks like.
        text: The main text column, if any.
    """
    numbered = [
        column for column in looks if _numbered().match(column.strip()) and _is_words(looks[column])
    ]
    parts = [
        column
        for column in looks
        if column != text and _is_part(column) and _is_words(looks[column])
    ]
    if len(numbered) < 2:
        numbered = []
    if not numbered and (len(parts) < 2 and not (parts and text)):
        return None
    return SeveralTexts(tuple(c for c in numbered if c != text), tuple(parts))


def _is_words(looks: Looks) -> bool:
    return not looks.filled or looks.words > 0 or (looks.numbers < 0.5 and looks.links < 0.5)


@dataclass
class WideReader:
    """Turns a row with several texts into one item a text, tied together by ``thread_key``."""

    builder: ItemBuilder
    texts: SeveralTexts

    def items(self, line: int, row: Mapping[str, Any]) -> Iterator[RawItem | Rejection]:
        """Yield one item a text, or one rejection if there is none."""
        main = self.builder.build(line, row)
        said = [(column, text) for column in self.texts.columns if (text := plain(row.get(column)))]
        if isinstance(main, Rejection) and (main.reason != "blank-text" or not said):
            yield main
            return
        frame = main if isinstance(main, RawItem) else self._frame(line, row, said[0][1])
        if isinstance(frame, Rejection):
            yield frame
            return
        thread = frame.thread_key or frame.source_key
        if isinstance(main, RawItem):
            yield replace(main, thread_key=thread)
        for column, text in said:
            key = fitted_key(f"{frame.source_key}#{column}")
            meta = {**frame.meta, "question": column}
            item = replace(frame, source_key=key, text=text, title="", thread_key=thread, meta=meta)
            if column in self.texts.others:
                meta.pop("reach", None)
                item = replace(item, author=None, rating=None)
            yield item

    def _frame(self, line: int, row: Mapping[str, Any], text: str) -> RawItem | Rejection:
        """Build what the texts of a row share, for a row without a main text."""
        column = next(iter(self.builder.mapping.columns.get("text", ())), None)
        if column is None:
            return self.builder.rejection(line, "blank-text", "没有文字内容", row)
        return self.builder.build(line, {**row, column: text})
