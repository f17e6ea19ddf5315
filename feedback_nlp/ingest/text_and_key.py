"""Which columns hold the text and the key, for those who read nothing else of a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from feedback_nlp.ingest.columns import find_given
from feedback_nlp.ingest.layouts import recognise
from feedback_nlp.ingest.resolve import Wishes, resolve


def text_and_key_columns(
    columns: Sequence[str],
    given: Mapping[str, str] | None = None,
    sample: Sequence[Mapping[str, Any]] = (),
) -> tuple[str | None, str | None]:
    """Find the columns of text and key: named by a person, by a layout, or by name and content.

    Raises:
        InputError: If a named column is not in the file.
    """
    named = find_given(columns, given or {})
    layout = recognise(columns)
    if layout is not None:
        chosen = layout.mapping(columns).columns
        present = set(columns)
        resolved: Mapping[str, str] = {
            name: next((column for column in chosen[name] if column in present), chosen[name][0])
            for name in ("text", "source_key")
            if chosen.get(name)
        } | named
        return resolved.get("text"), resolved.get("source_key")
    found = resolve(columns, sample, ZoneInfo("UTC"), Wishes(named)).fields
    text, key = found.get("text"), found.get("source_key")
    return (text[0] if text else None), (key[0] if key else None)
