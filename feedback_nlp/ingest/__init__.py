"""Files of any source to :class:`~feedback_nlp.records.RawItem`: layouts, aliases, mapping.

A layout is recognised by its columns, never by the file's name. What no layout knows is
resolved by alias sets; what those do not know is asked of the user, with the columns found
and the option to write. Layouts and aliases are data, in ``corpora/ingest/``.
"""

from feedback_nlp.ingest.columns import resolve_columns
from feedback_nlp.ingest.fields import FIELDS, parse_mapping, storable
from feedback_nlp.ingest.keys import derive_key
from feedback_nlp.ingest.ratings import parse_rating
from feedback_nlp.ingest.reading import (
    EXPECTED_REASONS,
    SourceReading,
    open_source,
    text_and_key_columns,
)
from feedback_nlp.ingest.times import parse_time

__all__ = [
    "EXPECTED_REASONS",
    "FIELDS",
    "SourceReading",
    "derive_key",
    "open_source",
    "parse_mapping",
    "parse_rating",
    "parse_time",
    "resolve_columns",
    "storable",
    "text_and_key_columns",
]
