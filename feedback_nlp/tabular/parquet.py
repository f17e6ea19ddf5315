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
from feedback_nlp.tabular.rows import Limits, Row, reject, too_many_columns, unique_columns

_BATCH_ROWS = 1_000
_WRITE_ROWS = 5_000
_HONEST_ROWS = 1_000_000
_MAX_ROWS_A_BYTE = 100
_HONEST_BYTES = 256 * 1024 * 1024
_MAX_RATIO = 200
_PEEKED_ROWS = 16
_BATCH_BYTES = 16 * 1024 * 1024

READ_ERRORS = (pa.ArrowException, OSError, UnicodeDecodeError)

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
    file, columns = open_parquet(path, limits)
    return tuple(filter(None, columns)), _rows(file, columns, limits)


def open_parquet(path: Path, limits: Limits) -> tuple[pq.ParquetFile, list[str]]:
    """Open a Parquet file and return it with the names its columns are read under.

    Raises:
        FileUnreadable: If it is not Parquet, too wide, or a bomb.
    """
    try:
        file = pq.ParquetFile(path)
    except (pa.ArrowException, OSError) as error:
        raise FileUnreadable(f"{path.name} 不是完整的 Parquet 文件") from error
    names = file.schema_arrow.names
    if len(names) > limits.max_columns:
        file.close()
        raise too_many_columns(len(names), limits)
    if _is_bomb(file, path.stat().st_size):
        file.close()
        raise FileUnreadable(
            f"{path.name} 解开后（{file.metadata.num_rows:,} 行）比文件本身大得不合常理，拒绝打开",
            hint="重新导出，或拆成多个文件",
        )
    return file, unique_columns(names, limits)


def parquet_batches(file: pq.ParquetFile, rows: int = _BATCH_ROWS) -> Iterator[pa.RecordBatch]:
    """Yield batches of up to ``rows`` rows, fewer where rows are large."""
    fitting = _BATCH_BYTES // max(_row_bytes(file), 1)
    yield from file.iter_batches(batch_size=max(1, min(rows, fitting)), use_threads=False)


def batch_rows(
    batch: pa.RecordBatch, columns: list[str], first: int, limits: Limits
) -> Iterator[Row | Rejection]:
    """Yield the rows of a batch, numbered from ``first``."""
    has_bytes = any(
        pa.types.is_binary(f.type) or pa.types.is_large_binary(f.type) for f in batch.schema
    )
    for number, read in enumerate(_records(batch, columns), first):
        values = _decoded(read) if has_bytes else read
        if values is None:
            yield reject(number, "bad-encoding", "含有不是 UTF-8 的字节")
            continue
        longest = max((len(v) for v in values.values() if isinstance(v, str)), default=0)
        if longest > limits.max_cell_chars:
            yield reject(number, "cell-too-long", f"有一格长达 {longest:,} 个字符")
        else:
            yield Row(number, values)


def _decoded(values: dict[str, Any]) -> dict[str, Any] | None:
    """Return a row with its bytes as text; ``None`` if they are no UTF-8."""
    try:
        return {
            name: value.decode() if isinstance(value, bytes) else value
            for name, value in values.items()
        }
    except UnicodeDecodeError:
        return None


def damaged_after(number: int) -> Rejection:
    """Return what stands for the rows behind a break in the file."""
    return reject(number + 1, "file-damaged", f"第 {number} 条之后的数据已损坏，无法继续读取")


def _is_bomb(file: pq.ParquetFile, packed: int) -> bool:
    """Whether the file unpacks to far more than it can honestly hold."""
    metadata = file.metadata
    groups = [metadata.row_group(index) for index in range(metadata.num_row_groups)]
    unpacked = sum(group.total_byte_size for group in groups)
    bytes_here = max(unpacked, metadata.num_rows * _row_bytes(file))
    too_many = metadata.num_rows > max(_HONEST_ROWS, packed * _MAX_ROWS_A_BYTE)
    return bool(too_many or bytes_here > max(_HONEST_BYTES, packed * _MAX_RATIO))


def _row_bytes(file: pq.ParquetFile) -> int:
    """Return how large the first rows are in memory: a dictionary hides it from the metadata."""
    try:
        batch = next(file.iter_batches(batch_size=_PEEKED_ROWS, use_threads=False), None)
    except (pa.ArrowException, OSError):
        return 0
    return batch.nbytes // batch.num_rows if batch is not None and batch.num_rows else 0


def _rows(file: pq.ParquetFile, columns: list[str], limits: Limits) -> Iterator[Row | Rejection]:
    number = 0
    with file:
        try:
            for batch in parquet_batches(file):
                for row in batch_rows(batch, columns, number + 1, limits):
                    number += 1
                    yield row
        except READ_ERRORS:
            yield damaged_after(number)


def _records(batch: pa.RecordBatch, columns: list[str]) -> Iterator[dict[str, Any]]:
    """Yield the rows of a batch; a value Python cannot hold comes as the number it is."""
    cells = []
    for column in batch.columns:
        try:
            cells.append(column.to_pylist())
        except (OverflowError, ValueError):
            cells.append([_value(scalar) for scalar in column])
    for values in zip(*cells, strict=True):
        yield {name: value for name, value in zip(columns, values, strict=True) if name}


def _value(scalar: Any) -> Any:
    try:
        return scalar.as_py()
    except (OverflowError, ValueError):
        pass
    try:
        return scalar.cast(pa.timestamp("us", tz=scalar.type.tz), safe=False).as_py()
    except (pa.ArrowException, AttributeError, OverflowError, ValueError):
        unit = getattr(scalar.type, "unit", "")
        return (
            f"{scalar.value} {unit}（超出日期范围）".strip()
        )  # a bare number would be read as a time


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
