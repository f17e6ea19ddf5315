"""Results as Arrow batches on their way to a Parquet file."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo
from pathlib import Path
from typing import Any

import pyarrow as pa

from feedback_nlp.batch.arrow import result_arrays, result_fields, text_array
from feedback_nlp.batch.encode import Result
from feedback_nlp.batch.plan import Column, RowPlan
from feedback_nlp.tabular import DEFAULT_LIMITS
from feedback_nlp.tabular.cells import cell_text
from feedback_nlp.tabular.parquet import open_parquet


def field_of(column: Column) -> pa.Field:
    """Return the Arrow field that a column goes out as."""
    if column.type is None:
        return pa.field(column.name, pa.string())
    (field,) = pa.ipc.read_schema(pa.BufferReader(column.type))
    return pa.field(column.name, field.type)


def schema_of(plan: RowPlan) -> pa.Schema:
    """Return the schema of the output: units are a list of structs."""
    numbered = all(layout.id_column is None for layout in plan.layouts)
    fields = [
        pa.field("id", pa.int64() if numbered else pa.string()),
        pa.field("text", pa.string()),
        *result_fields(topics=plan.topics is not None),
        *map(field_of, plan.columns),
    ]
    if not plan.rejects_apart:
        fields.append(pa.field("error", pa.string()))
    return pa.schema(fields)


def to_arrow(results: Sequence[Result], plan: RowPlan, batch: pa.RecordBatch | None) -> bytes:
    """Return results as one Arrow IPC stream.

    Args:
        results: Rows of one chunk.
        plan: What is wanted.
        batch: The batch they came in, if its columns are taken as they are.
    """
    schema = schema_of(plan)
    topics = [one.topics or () for one in results] if plan.topics is not None else None
    arrays = [
        _ids(results, schema.field("id").type, plan.zone),
        text_array(one.text for one in results),
        *result_arrays([one.understood for one in results], topics),
    ]
    for column in plan.columns:
        wanted = schema.field(column.name).type
        if batch is not None and column.type is not None and column.source in batch.schema.names:
            arrays.append(_cast(_in_places(batch.column(column.source), results), wanted))
        elif pa.types.is_string(wanted):
            arrays.append(_texts([one.others.get(column.name) for one in results], plan.zone))
        else:
            arrays.append(pa.array([one.others.get(column.name) for one in results], wanted))
    if not plan.rejects_apart:
        arrays.append(text_array(one.others.get("error") for one in results))
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, schema) as writer:
        writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=schema))
    return bytes(sink.getvalue())


def _ids(results: Sequence[Result], wanted: pa.DataType, zone: tzinfo) -> pa.Array:
    ids = [one.id for one in results]
    return pa.array(ids, wanted) if pa.types.is_integer(wanted) else _texts(ids, zone)


def _texts(values: Sequence[Any], zone: tzinfo) -> pa.Array:
    return text_array(None if value is None else cell_text(value, zone) for value in values)


def _cast(array: pa.Array, wanted: pa.DataType) -> pa.Array:
    return array if array.type == wanted else array.cast(wanted)


def _in_places(array: pa.Array, results: Sequence[Result]) -> pa.Array:
    """Return the cells of the rows that came out, empty where a row could not be read.

    Arrow's functions load slowly, so a chunk of which all came out does without.
    """
    places = [None if "error" in one.others else one.position for one in results]
    if places == list(range(len(array))):
        return array
    return array.take(pa.array(places, pa.int32()))


def column_types(path: Path) -> tuple[tuple[str, ...], dict[str, bytes]]:
    """Return the columns of a Parquet file and their types, each as a serialised schema."""
    file, columns = open_parquet(path, DEFAULT_LIMITS)
    with file:
        schema = file.schema_arrow
    types = {
        name: schema_of_one.serialize().to_pybytes()
        for name, field in zip(columns, schema, strict=True)
        if name
        for schema_of_one in [pa.schema([pa.field("x", field.type)])]
    }
    return tuple(columns), types
