"""Files of any source to :class:`~feedback_nlp.records.RawItem`: layouts, aliases, mapping.

A layout is recognised by its columns, never by the file's name. What no layout knows is
resolved by names and by what the first rows look like; what those do not tell is asked of
the user, with the columns found and the option to write. Layouts, names and words are data,
in ``corpora/ingest/``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from feedback_nlp.lazily import names_of

if TYPE_CHECKING:
    from feedback_nlp.ingest.choices import NO_CHOICES, Choices
    from feedback_nlp.ingest.fields import FIELDS, UNKNOWN_KIND, parse_mapping, storable
    from feedback_nlp.ingest.keys import derive_key
    from feedback_nlp.ingest.ratings import parse_rating
    from feedback_nlp.ingest.reading import EXPECTED_REASONS, SourceReading, open_source
    from feedback_nlp.ingest.text_and_key import text_and_key_columns
    from feedback_nlp.ingest.times import parse_time

__all__ = [
    "EXPECTED_REASONS",
    "FIELDS",
    "NO_CHOICES",
    "UNKNOWN_KIND",
    "Choices",
    "SourceReading",
    "derive_key",
    "open_source",
    "parse_mapping",
    "parse_rating",
    "parse_time",
    "storable",
    "text_and_key_columns",
]

# ``classify`` reads columns, not items: it loads a third of this.
__getattr__ = names_of(
    __name__,
    {
        "EXPECTED_REASONS": "reading",
        "FIELDS": "fields",
        "NO_CHOICES": "choices",
        "UNKNOWN_KIND": "fields",
        "Choices": "choices",
        "SourceReading": "reading",
        "derive_key": "keys",
        "open_source": "reading",
        "parse_mapping": "fields",
        "parse_rating": "ratings",
        "parse_time": "times",
        "storable": "fields",
        "text_and_key_columns": "text_and_key",
    },
)
