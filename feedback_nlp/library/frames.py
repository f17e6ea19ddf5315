"""Data frames of pandas, polars and Arrow: Arrow arrays under all of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from feedback_nlp.batch.arrow import result_arrays, result_fields
from feedback_nlp.errors import InputError
from feedback_nlp.ingest import text_and_key_columns
from feedback_nlp.understanding.engine import Engine

if TYPE_CHECKING:
    from feedback_nlp.batch.topics import TopicFinder

_BATCH_ROWS = 2_000


def classify_frame(engine: Engine, frame: Any, text: str | None, prefix: str) -> Any:
    """See :meth:`feedback_nlp.Pipeline.classify_frame`."""
    kind = type(frame).__module__.partition(".")[0], type(frame).__name__
    names = [str(name) for name in _column_names(frame, kind)]
    text = text if text is not None else text_and_key_columns(names)[0]
    if text is None or text not in names:
        raise InputError(
            f"没有文字列 {text!r}" if text else "看不出哪一列是文字",
            hint=f"用 text= 指明，可用的列：{'、'.join(names)}",
        )
    fields = [field.with_name(prefix + field.name) for field in result_fields()]
    if taken := [field.name for field in fields if field.name in names]:
        raise InputError(f"已经有列 {'、'.join(taken)}", hint="用 prefix= 给新列加前缀")
    match kind:
        case "pandas", "DataFrame":
            return _with_pandas(engine, frame, text, fields)
        case "polars", "DataFrame":
            import polars as pl  # noqa: PLC0415 - optional

            columns = _read(engine, frame.get_column(text).to_arrow())
            series = [
                pl.Series(field.name, pl.from_arrow(column))
                for field, column in zip(fields, columns, strict=True)
            ]
            return frame.with_columns(series)
        case _:
            for field, column in zip(fields, _read(engine, frame.column(text)), strict=True):
                frame = frame.append_column(field, column)
            return frame


def classify_batches(
    engine: Engine,
    batches: Iterable[pa.RecordBatch],
    text: str,
    prefix: str,
    finder: TopicFinder | None = None,
) -> Iterator[pa.RecordBatch]:
    """See :meth:`feedback_nlp.Pipeline.classify_batches`.

    Args:
        engine: Reads.
        batches: Arrow batches with a text column.
        text: Its name.
        prefix: Put before the names of the new columns.
        finder: Adds its topic to each unit, if given.
    """
    names = [prefix + field.name for field in result_fields()]
    for batch in chain.from_iterable(map(_pieces, batches)):
        understood = engine.understand(_texts(batch.column(text)))
        topics = finder.find(understood) if finder is not None else None
        columns = result_arrays(understood, topics)
        yield pa.RecordBatch.from_arrays(
            [*batch.columns, *columns], names=[*batch.schema.names, *names]
        )


def _pieces(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    """Cut a batch (Spark's hold 10,000 rows) into pieces that a processor's cache holds."""
    for begin in range(0, max(1, batch.num_rows), _BATCH_ROWS):
        yield batch.slice(begin, _BATCH_ROWS)


def _column_names(frame: Any, kind: tuple[str, str]) -> Iterable[Any]:
    match kind:
        case ("pandas" | "polars", "DataFrame"):
            names: Iterable[Any] = frame.columns
            return names
        case "pyarrow", "Table":
            return list(frame.schema.names)
        case _:
            raise TypeError(
                f"得到的是 {'.'.join(kind)}，应是 pandas 或 polars 的 DataFrame，或 pyarrow 的 Table"
            )


def _with_pandas(engine: Engine, frame: Any, text: str, fields: Sequence[pa.Field]) -> Any:
    import pandas as pd  # noqa: PLC0415 - optional

    texts = pa.array(frame[text].astype(object), from_pandas=True, type=pa.string())
    added = {}
    for field, column in zip(fields, _read(engine, texts), strict=True):
        if pa.types.is_floating(field.type):
            added[field.name] = pd.Series(column.to_numpy(), index=frame.index)
        else:
            added[field.name] = pd.Series(pd.array(column, pd.ArrowDtype(field.type)), frame.index)
    return frame.assign(**added)


def _read(engine: Engine, texts: Any) -> list[pa.ChunkedArray]:
    """Read a column in pieces of bounded size."""
    pieces: list[list[pa.Array]] = []
    for begin in range(0, len(texts), _BATCH_ROWS):
        rows = _texts(texts.slice(begin, _BATCH_ROWS))
        pieces.append(result_arrays(engine.understand(rows)))
    return [
        pa.chunked_array([piece[index] for piece in pieces], type=field.type)
        for index, field in enumerate(result_fields())
    ]


def _texts(column: Any) -> list[str]:
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        column = pc.cast(column, pa.string())
    return [text if text is not None else "" for text in column.to_pylist()]
