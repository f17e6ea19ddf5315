"""Known layouts with one feedback a row, from ``corpora/ingest/layouts.toml``."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from feedback_nlp.ingest.columns import comparable, read_toml
from feedback_nlp.ingest.items import RowMapping, Skip
from feedback_nlp.labels import SourceKind


@dataclass(frozen=True, slots=True)
class Layout:
    """One layout.

    Attributes:
        name: Stable name, stored with each batch.
        label: Chinese name.
        kind: What kind of source writes it.
        channel: Channel of its rows.
        requires: Columns (as compared) by which it is recognised.
        columns: Columns by field, several tried in order.
        key_pattern: See :class:`RowMapping`.
        skips: Rows to set aside.
        comments: Whether later comments stand in repeated columns of a row.
    """

    name: str
    label: str
    kind: SourceKind
    channel: str | None
    requires: frozenset[str]
    columns: Mapping[str, Sequence[str]]
    key_pattern: re.Pattern[str] | None = None
    skips: Sequence[Skip] = field(default=())
    comments: bool = False

    def mapping(self, columns: Sequence[str]) -> RowMapping:
        """Return the mapping onto the headers as this file writes them."""
        actual = {comparable(column): column for column in reversed(columns)}
        chosen = {}
        for name, wanted in self.columns.items():
            found = [actual.get(comparable(column), "") for column in wanted]
            # JSON columns that the first records lack may still come later
            chosen[name] = [have or column for have, column in zip(found, wanted, strict=True)]
        return RowMapping(chosen, self.channel, self.key_pattern, self.skips)


@cache
def layouts() -> tuple[Layout, ...]:
    """Return all layouts, in the order in which they are tried."""
    return tuple(map(_layout, read_toml("layouts.toml")["layout"]))


def recognise(columns: Sequence[str]) -> Layout | None:
    """Return the first layout whose columns are there, those of text, key and time included.

    A layout that a file only looks like would lose its text without a word.
    """
    present = set(map(comparable, columns))

    def is_whole(layout: Layout) -> bool:
        return all(
            any(comparable(column) in present for column in layout.columns[name])
            for name in ("text", "source_key", "occurred_at")
            if name in layout.columns
        )

    return next(
        (layout for layout in layouts() if layout.requires <= present and is_whole(layout)), None
    )


def _layout(data: Mapping[str, Any]) -> Layout:
    columns = {
        name: (wanted,) if isinstance(wanted, str) else tuple(wanted)
        for name, wanted in data["columns"].items()
    }
    return Layout(
        name=data["name"],
        label=data["label"],
        kind=SourceKind(data["kind"]),
        channel=data.get("channel"),
        requires=frozenset(map(comparable, data["requires"])),
        columns=columns,
        key_pattern=re.compile(data["key_pattern"]) if "key_pattern" in data else None,
        skips=tuple(
            Skip(skip["column"], frozenset(skip["values"]), skip["reason"], skip["detail"])
            for skip in data.get("skip", ())
        ),
        comments=data.get("comments", False),
    )
