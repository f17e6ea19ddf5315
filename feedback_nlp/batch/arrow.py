"""Results as Arrow columns: for Parquet, data frames and clusters alike."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from feedback_nlp.records import Understanding
from feedback_nlp.tabular.cells import encodable


class UnitTopic(NamedTuple):
    """The living topic that a unit belongs to."""

    topic_id: int
    name: str


Topics = Sequence[Sequence[UnitTopic | None]]

_UNIT = [
    ("start", pa.int32()),
    ("end", pa.int32()),
    ("text", pa.string()),
    ("sentiment", pa.string()),
    ("sentiment_score", pa.float64()),
    ("intent", pa.string()),
    ("confidence", pa.float64()),
]
_TOPIC = [("topic_id", pa.int64()), ("topic", pa.string())]


def unit_type(*, topics: bool) -> pa.DataType:
    """Return the type of one unit."""
    return pa.struct(_UNIT + _TOPIC if topics else _UNIT)


def result_fields(*, topics: bool = False) -> list[pa.Field]:
    """Return the fields of :func:`result_arrays`, in order."""
    return [
        pa.field("sentiment", pa.string()),
        pa.field("sentiment_score", pa.float64()),
        pa.field("intent", pa.string()),
        pa.field("units", pa.list_(unit_type(topics=topics))),
    ]


def result_arrays(
    understood: Sequence[Understanding], topics: Topics | None = None
) -> list[pa.Array]:
    """Return sentiment, score, intent and units, one row a text.

    Args:
        understood: One a text.
        topics: Topic of each unit of each text, if they were looked for.
    """
    units = [unit for one in understood for unit in one.units]
    ends = np.cumsum([0, *(len(one.units) for one in understood)], dtype=np.int32)
    members = [
        pa.array([unit.start for unit in units], pa.int32()),
        pa.array([unit.end for unit in units], pa.int32()),
        text_array([unit.text for unit in units]),
        pa.array([unit.sentiment.value for unit in units], pa.string()),
        pa.array([unit.sentiment_score for unit in units], pa.float64()),
        pa.array([unit.intent.value for unit in units], pa.string()),
        pa.array([unit.confidence for unit in units], pa.float64()),
    ]
    if topics is not None:
        found = list(chain.from_iterable(topics))
        members.append(pa.array([t.topic_id if t else None for t in found], pa.int64()))
        members.append(pa.array([t.name if t else None for t in found], pa.string()))
    struct = pa.StructArray.from_arrays(
        members, fields=list(unit_type(topics=topics is not None).fields)
    )
    return [
        pa.array([one.sentiment.value for one in understood], pa.string()),
        pa.array([one.sentiment_score for one in understood], pa.float64()),
        pa.array([one.intent.value for one in understood], pa.string()),
        pa.ListArray.from_arrays(pa.array(ends), struct),
    ]


def text_array(texts: Iterable[str | None]) -> pa.Array:
    """Return texts as Arrow holds them: a lone surrogate becomes ``?``."""
    texts = list(texts)
    try:
        return pa.array(texts, pa.string())
    except UnicodeEncodeError:
        return pa.array([None if t is None else encodable(t) for t in texts], pa.string())
