"""Parquet in and out, batch by batch. Imported only when needed: pyarrow is slow to load."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import tzinfo
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from feedback_nlp.errors import FileUnreadable
from feedback_nlp.records import Rejection
from feedback_nlp.tabular.cells import ColumnType, cell_text, encodable
from feedback_nlp.tabular.rows import Limits, Row, reject, too_many_columns

_BATCH_ROWS = 1_000
_WRITE_ROWS = 5_000

_ARROW = {
    ColumnType.TEXT: pa.string(),
    ColumnType.INTEGER: pa.int64(),
    ColumnType.NUMBER: pa.float64(),
    ColumnType.TIME: pa.timestamp("us", tz="UTC"),
    ColumnType.NESTED: pa.string(),
}


def read_parquet(path: Path, limits: Limits) -> tuple[tuple[str, ...], Iterator[Row | Rejection]]:
    """Open a Parquet file; rows are numbered from 1.

    Raises:
        FileUnreadable: If it is not Parquet or too wide.
    """
    try:
        file = pq.ParquetFile(path)
    except (pa.ArrowException, OSError) as error:
        raise FileUnreadable(f"{path.name} 不是完整的 Parquet 文件") from error
    columns = tuple(file.schema_arrow.names)
    if len(columns) > limits.max_columns:
        file.close()
        raise too_many_columns(len(columns), limits)
    return columns, _rows(file, limits)


def _rows(file: pq.ParquetFile, limits: Limits) -> Iterator[Row | Rejection]:
    number = 0
    with file:
        try:
            for batch in file.iter_batches(batch_size=_BATCH_ROWS, use_threads=False):
                for values in batch.to_pylist():
                    number += 1
                    longest = max(
                        (len(v) for v in values.values() if isinstance(v, str)), default=0
                    )
                    if longest > limits.max_cell_chars:
                        detail = f"有一格长达 {longest:,} 个字符"
                        yield reject(number, "cell-too-long", detail)
                    else:
                        yield Row(number, values)
        except (pa.ArrowException, OSError, UnicodeDecodeError):
            yield reject(
                number + 1, "file-damaged", f"第 {number} 条之后的数据已损坏，无法继续读取"
            )


def write_parquet(
    file: BinaryIO,
    types: Mapping[str, ColumnType],
    rows: Iterable[Mapping[str, Any]],
    zone: tzinfo,
) -> int:
    """Write rows as one Parquet file, zstd packed, and return how many there were."""
    schema = pa.schema([(column, _ARROW[kind]) for column, kind in types.items()])
    iterator = iter(rows)
    count = 0
    with pq.ParquetWriter(file, schema, compression="zstd") as writer:
        while batch := list(islice(iterator, _WRITE_ROWS)):
            arrays = [
                pa.array([_arrow(row.get(name), kind, zone) for row in batch], _ARROW[kind])
                for name, kind in types.items()
            ]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
            count += len(batch)
    return count


def _arrow(value: Any, kind: ColumnType, zone: tzinfo) -> Any:
    if value is None or kind in (ColumnType.INTEGER, ColumnType.NUMBER, ColumnType.TIME):
        return value
    return encodable(cell_text(value, zone))
