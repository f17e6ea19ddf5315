"""What kind of source a file comes from, asked of its columns."""

from __future__ import annotations

from collections.abc import Sequence

from feedback_nlp.ingest.columns import read_toml
from feedback_nlp.labels import SourceKind


def kind_of(columns: Sequence[str]) -> SourceKind | None:
    """Return the kind that the headers tell, or ``None``."""
    names = [column.casefold() for column in columns]
    for rule in read_toml("kinds.toml")["rule"]:
        found = sum(any(word in name for name in names) for word in rule["words"])
        if found >= rule["least"]:
            return SourceKind(rule["kind"])
    return None
