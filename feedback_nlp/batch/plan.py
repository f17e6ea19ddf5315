"""What a worker needs to know, and what it hands back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from feedback_nlp.config import PipelineConfig
from feedback_nlp.labels import Depth
from feedback_nlp.records import Rejection

if TYPE_CHECKING:
    from feedback_nlp.chinese import DictionaryWord
    from feedback_nlp.topics import KnownTopic

RESULT_COLUMNS = ("id", "text", "sentiment", "sentiment_score", "intent", "units")


@dataclass(frozen=True, slots=True)
class Layout:
    """Where things are in the rows of one input.

    Attributes:
        name: The input, as people know it.
        format: One of ``tabular.FORMATS``, or ``table`` for rows of a database.
        columns: Columns that come in, in order; ``""`` for one without a name.
        text_column: Where the text is.
        id_column: Where the id is; ``None`` numbers the rows from 1.
        nested: Whether rows must be flattened first.
        constants: Columns that the whole input has in common: its name, its partition.
    """

    name: str
    format: str
    columns: tuple[str, ...]
    text_column: str
    id_column: str | None = None
    nested: bool = False
    constants: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Column:
    """A column that came in and goes out.

    Attributes:
        source: Its name on the way in.
        name: Its name on the way out: results keep theirs.
        type: Arrow type that is kept in Parquet (serialised schema of one field), or
            ``None`` for text.
    """

    source: str
    name: str
    type: bytes | None = None


@dataclass(frozen=True, slots=True)
class TopicPlan:
    """The topics that units are put into, and the words that people taught beside them."""

    topics: tuple[KnownTopic, ...]
    words: tuple[DictionaryWord, ...] = ()
    stop_words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RowPlan:
    """What a worker needs to know to turn rows into results.

    Attributes:
        config: The analysis.
        zone: Zone that times of typed cells are written in.
        layouts: One an input.
        kind: Format of the output: ``jsonl``, ``csv``, ``tsv``, ``parquet`` or ``xlsx``.
        depth: How closely rows are read.
        packed: Pack the output by gzip, chunk by chunk.
        columns: Columns that come along, in order.
        keep: Names of the columns that come along in JSON lines; ``None`` for all.
        secret: Masks personal data if given.
        rejects_apart: Rows that cannot be read go to a file of their own.
        topics: What units are put into, if that is wanted.
        partition: Column by whose day rows go into folders; it stands in their names.
    """

    config: PipelineConfig
    zone: ZoneInfo
    layouts: tuple[Layout, ...]
    kind: str
    depth: Depth = Depth.FAST
    packed: bool = False
    columns: tuple[Column, ...] = ()
    keep: frozenset[str] | None = None
    secret: bytes | None = None
    rejects_apart: bool = False
    topics: TopicPlan | None = None
    partition: str | None = None

    @property
    def output_columns(self) -> list[str]:
        """Columns of the output, where the format has any."""
        last = [] if self.rejects_apart else ["error"]
        return [*RESULT_COLUMNS, *(column.name for column in self.columns), *last]


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some rows of one input, parsed as little as the parent process must.

    Attributes:
        index: Its place among all chunks, from 0.
        first: Number of its first row over all inputs, from 1.
        source: Index of its input.
        payload: What :func:`feedback_nlp.batch.payload.rows_of` makes rows of.
        rows: How many rows it holds.
        share: Share (0–1) of all input that is handed out with it; ``None`` if unknown.
    """

    index: int
    first: int
    source: int
    payload: Any
    rows: int
    share: float | None


@dataclass(slots=True)
class Done:
    """What became of a chunk.

    Attributes:
        index: The chunk's.
        read: Rows in.
        written: Rows out.
        rejects: Rows that could not be read, with the index of their input.
        unplaced: Rows by column that appeared too late to have a place in the output.
        versions: Models that read it.
        payload: The encoded rows; ``None`` if they are in a file.
        share: See :class:`Chunk`.
    """

    index: int
    read: int
    written: int
    rejects: list[tuple[int, Rejection]]
    unplaced: dict[str, int]
    versions: dict[str, str]
    payload: bytes | None = None
    share: float | None = None


def input_name(column: str) -> str:
    """Return the name under which an incoming column comes out: results keep their names."""
    return f"input_{column}" if column in (*RESULT_COLUMNS, "error") else column
