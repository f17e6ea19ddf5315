"""A folder of Parquet files, a folder a day, that takes what is new by key as a table does.

A key is in one file only. Files hold rows whose keys lie near one another, so that the few
files that may hold a page's keys are told by the least and greatest key in their footers. Rows
to be replaced are taken out before their successors are written: a run that is killed leaves
keys missing, never doubled, and the next run reads them.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from feedback_nlp.batch.arrow import result_fields
from feedback_nlp.batch.inputs import NO_VALUE
from feedback_nlp.batch.partitions import day_of
from feedback_nlp.batch.plan import RowPlan
from feedback_nlp.errors import InputError, StoreError
from feedback_nlp.files import disk_words, lock_alone, replaced

_HELD_ROWS = 200_000  # of all days together: fewer and larger files
_ROW_GROUP = 20_000


@dataclass(frozen=True, slots=True)
class _File:
    """A file and the least and greatest key in it."""

    path: Path
    least: Any
    greatest: Any


class FolderTarget:
    """See the module; holds up to 200,000 rows before it writes them.

    Args:
        folder: Where to.
        key: Name of the key column.
        column: The column of days, kept in the folders' names alone.
        plan: How rows are read; says in which zone a moment has its day.
        masked: Whether the masked text comes along.
    """

    def __init__(self, folder: Path, key: str, column: str, plan: RowPlan, *, masked: bool) -> None:
        self._folder = folder
        self._key = key
        self._column = column
        self._plan = plan
        self._masked = masked
        self._schema: pa.Schema | None = None
        self._held: dict[str, list[pa.Table]] = {}
        self._rows = 0
        self._files = [self._looked_at(path) for path in sorted(folder.glob("*=*/*.parquet"))]

    def make(self, key: Any) -> None:
        """Take the type of keys from one of them."""
        kind = pa.int64() if isinstance(key, int) else pa.string()
        fields = [pa.field(self._key, kind), *result_fields(topics=self._plan.topics is not None)]
        if self._masked:
            fields.append(pa.field("text", pa.string()))
        self._schema = pa.schema([*fields, pa.field("models", pa.string())])
        for file in self._files:
            if isinstance(file.least, int) is not isinstance(key, int):
                raise InputError(
                    f"{file.path} 里的 {self._key} 和来源的不是一种类型",
                    hint="换一个目录，或在查询里转换键的类型",
                )

    def known(self, keys: Sequence[Any]) -> set[Any]:
        """Return which of these keys are there."""
        wanted = set(keys)
        return {
            key
            for file in self._near(keys)
            for key in _read(file.path, [self._key]).column(0).to_pylist()
            if key in wanted
        }

    def write(self, rows: Sequence[Mapping[str, Any]], models: str) -> None:
        """Take rows of a page, as JSON lines have them; those with the same keys make way."""
        self._take_out([row["id"] for row in rows])
        days: dict[str, list[dict[str, Any]]] = {}
        for row in rows:
            day = day_of(row.get(self._column), self._plan) or NO_VALUE
            days.setdefault(day, []).append({**row, self._key: row["id"], "models": models})
        for day, found in days.items():
            table = pa.Table.from_pylist(found, schema=self._schema)
            self._held.setdefault(day, []).append(table)
        self._rows += len(rows)
        if self._rows >= _HELD_ROWS:
            self.finish()

    def finish(self) -> None:
        """Write what is held."""
        for day, tables in sorted(self._held.items()):
            table = pa.concat_tables(tables)
            folder = self._folder / f"{self._column}={day}"
            folder.mkdir(exist_ok=True, mode=0o700)
            keys = table.column(self._key).to_pylist()
            name = hashlib.sha256(repr(keys).encode()).hexdigest()[:16]
            self._files.append(self._written(folder / f"part-{name}.parquet", table))
        self._held, self._rows = {}, 0

    def _take_out(self, keys: Sequence[Any]) -> None:
        for file in self._near(keys):
            table = _read(file.path)
            held = table.column(self._key)
            left = table.filter(pc.invert(pc.is_in(held, pa.array(keys, held.type))))
            if left.num_rows == table.num_rows:
                continue
            self._files.remove(file)
            if left.num_rows:
                self._files.append(self._written(file.path, left))
            else:
                file.path.unlink()
                with suppress(OSError):
                    file.path.parent.rmdir()

    def _near(self, keys: Sequence[Any]) -> list[_File]:
        least, greatest = min(keys), max(keys)
        return [f for f in self._files if f.least <= greatest and f.greatest >= least]

    def _written(self, path: Path, table: pa.Table) -> _File:
        with replaced(path) as out:
            pq.write_table(
                table.combine_chunks(), out, compression="zstd", row_group_size=_ROW_GROUP
            )
        limits = pc.min_max(table.column(self._key)).as_py()
        return _File(path, limits["min"], limits["max"])

    def _looked_at(self, path: Path) -> _File:
        try:
            with pq.ParquetFile(path) as file:
                groups = [file.metadata.row_group(at) for at in range(file.num_row_groups)]
                place = file.schema_arrow.names.index(self._key)
                kept = [group.column(place).statistics for group in groups]
                return _File(path, min(one.min for one in kept), max(one.max for one in kept))
        except (OSError, ValueError, AttributeError, pa.ArrowException) as error:
            raise StoreError(
                f"{path} 不是 classify-table 写的文件", hint="换一个空目录，或移走这个文件"
            ) from error


def _read(path: Path, columns: list[str] | None = None) -> pa.Table:
    """Read a file alone: the name of its folder becomes no column."""
    with pq.ParquetFile(path) as file:
        return file.read(columns)


@contextmanager
def open_folder(
    url: str, key: str, column: str, plan: RowPlan, *, masked: bool
) -> Iterator[FolderTarget]:
    """Open a folder, made if missing; what is held is written if the block ends well.

    Raises:
        InputError: If it is a file, or cannot be made.
        StoreError: If it holds files of others.
        Conflict: If another process writes into it.
    """
    folder = Path(url)
    if "://" in url or (folder.exists() and not folder.is_dir()):
        raise InputError(f"{url} 不是目录", reason="no-folder")
    try:
        folder.mkdir(exist_ok=True, mode=0o700)
        handle = os.open(folder, os.O_RDONLY)
    except OSError as error:
        raise InputError(f"写不了 {folder}：{disk_words(error)}", hint="先建好上级目录") from error
    try:
        lock_alone(handle, f"另一个进程正在写 {folder}", hint="等它结束，或换一个目录")
        target = FolderTarget(folder, key, column, plan, masked=masked)
        yield target
        target.finish()
    finally:
        os.close(handle)
