"""Finished chunks put together, in order, in the parent process."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from feedback_nlp.batch.encode import csv_lines, packed
from feedback_nlp.batch.plan import RowPlan
from feedback_nlp.files import replaced
from feedback_nlp.tabular import STDIN, ColumnType, write_rows

_ROW_GROUP = 20_000  # the last one is packed when all workers are idle
_UTF8_MARK = b"\xef\xbb\xbf"


class Output(Protocol):
    """Takes encoded chunks in order."""

    def add(self, payload: bytes) -> None:
        """Append one chunk."""


class _Bytes:
    def __init__(self, file: BinaryIO, plan: RowPlan) -> None:
        self._file = file
        if plan.kind in ("csv", "tsv"):
            header = csv_lines([plan.output_columns], plan.kind)
            file.write(packed(_UTF8_MARK + header, plan))

    def add(self, payload: bytes) -> None:
        self._file.write(payload)


class _Parquet:
    """Writes row groups of one size, so that the chunks do not show in the file."""

    def __init__(self, writer: Any) -> None:
        self._writer = writer
        self._tables: list[Any] = []
        self._rows = 0

    def add(self, payload: bytes) -> None:
        import pyarrow as pa  # noqa: PLC0415 - slow to import

        with pa.ipc.open_stream(payload) as stream:
            table = stream.read_all()
        self._tables.append(table)
        self._rows += table.num_rows
        if self._rows >= _ROW_GROUP:
            self._write(at_least=_ROW_GROUP)

    def finish(self) -> None:
        self._write(at_least=1)

    def _write(self, at_least: int) -> None:
        import pyarrow as pa  # noqa: PLC0415 - slow to import

        if not self._tables:
            return
        table = pa.concat_tables(self._tables)
        while table.num_rows >= at_least:
            group, table = table.slice(0, _ROW_GROUP), table.slice(_ROW_GROUP)
            self._writer.write_table(group.combine_chunks(), row_group_size=_ROW_GROUP)
        self._tables, self._rows = [table], table.num_rows


class _Sheet:
    """Keeps rows in a spool on disk: a workbook is written in one go."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def add(self, payload: bytes) -> None:
        self._file.write(payload)


@contextmanager
def open_output(target: Path, plan: RowPlan) -> Iterator[Output]:
    """Open the output; it takes the place of an old one only if the block ends well.

    Raises:
        InputError: If the folder cannot be written, or rows exceed Excel's limit.
    """
    if target == STDIN:
        yield _Bytes(sys.stdout.buffer, plan)
        sys.stdout.buffer.flush()
    elif plan.partition is not None:
        from feedback_nlp.batch.partitions import open_partitions  # noqa: PLC0415 - slow to import

        with open_partitions(target, plan) as partitions:
            yield partitions
    elif plan.kind == "xlsx":
        with _workbook(target, plan) as sheet:
            yield sheet
    else:
        with ExitStack() as stack:
            file = stack.enter_context(replaced(target, pack=False))
            if plan.kind != "parquet":
                yield _Bytes(file, plan)
                return
            import pyarrow.parquet as pq  # noqa: PLC0415 - slow to import

            from feedback_nlp.batch.parquet import schema_of  # noqa: PLC0415 - slow to import

            with pq.ParquetWriter(file, schema_of(plan), compression="zstd") as writer:
                output = _Parquet(writer)
                yield output
                output.finish()


@contextmanager
def _workbook(target: Path, plan: RowPlan) -> Iterator[Output]:
    import tempfile  # noqa: PLC0415 - seldom wanted

    columns = plan.output_columns
    with tempfile.TemporaryFile() as spool:
        yield _Sheet(spool)
        spool.seek(0)
        rows = (dict(zip(columns, map(_native, json.loads(line)), strict=True)) for line in spool)
        types = {"sentiment_score": ColumnType.NUMBER}
        write_rows(target, columns, rows, types=types, zone=plan.zone)


def _native(cell: Any) -> Any:
    return datetime.fromisoformat(cell["time"]) if isinstance(cell, dict) else cell
