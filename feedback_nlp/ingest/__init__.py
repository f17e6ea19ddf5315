"""Files of any source to :class:`~feedback_nlp.records.RawItem`: layouts, aliases, mapping.

A layout is recognised by its columns, never by the file's name. What no layout knows is
resolved by names and by what the first rows look like; what those do not tell is asked of
the user, with the columns found and the option to write. Layouts, names and words are data,
in ``corpora/ingest/``.
"""

from feedback_nlp.ingest.fields import FIELDS, UNKNOWN_KIND, parse_mapping, storable
from feedback_nlp.ingest.keys import derive_key
from feedback_nlp.ingest.ratings import parse_rating
from feedback_nlp.ingest.reading import (
    EXPECTED_REASONS,
    NO_CHOICES,
    Choices,
    SourceReading,
    open_source,
    text_and_key_columns,
)
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
