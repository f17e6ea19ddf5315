"""Results as a folder of Parquet files, a folder a day: ``day=2026-11-26/part-00000.parquet``.

Spark, DuckDB and Hive read it as one table, and so does ``classify``. A day that comes out
takes the place of that day in the folder; other days stay. So every night's run may write
into one folder, and a run that is done again leaves the same files.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from feedback_nlp.batch.inputs import NO_VALUE
from feedback_nlp.batch.plan import RowPlan
from feedback_nlp.errors import InputError
from feedback_nlp.files import disk_words, replaced

_HELD_ROWS = 400_000
_DAY = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)")


class Partitions:
    """Sorts rows by day; holds so many of them, then writes a file for each day.

    Args:
        folder: Where to; empty.
        plan: What is wanted; names the column.
    """

    def __init__(self, folder: Path, plan: RowPlan) -> None:
        assert plan.partition is not None
        self._folder = folder
        self._column = plan.partition
        self._plan = plan
        self._held: dict[str, list[Any]] = {}
        self._rows = 0
        self._files: Counter[str] = Counter()

    def add(self, payload: bytes) -> None:
        """Append one chunk."""
        with pa.ipc.open_stream(payload) as stream:
            table = stream.read_all()
        cells = table.column(self._column).to_pylist()
        days = pa.array([day_of(cell, self._plan) or NO_VALUE for cell in cells])
        table = table.drop_columns([self._column])
        for day in dict.fromkeys(days.to_pylist()):
            self._held.setdefault(day, []).append(table.filter(pc.equal(days, day)))
        self._rows += table.num_rows
        if self._rows >= _HELD_ROWS:
            self.finish()

    def finish(self) -> None:
        """Write what is held."""
        for day, tables in sorted(self._held.items()):
            folder = self._folder / f"{self._column}={day}"
            folder.mkdir(exist_ok=True, mode=0o700)
            name = f"part-{self._files[day]:05}.parquet"
            self._files[day] += 1
            with replaced(folder / name) as file:
                whole = pa.concat_tables(tables).combine_chunks()
                pq.write_table(whole, file, compression="zstd", row_group_size=50_000)
        self._held, self._rows = {}, 0


def day_of(cell: Any, plan: RowPlan) -> str | None:
    """Return the day that a cell names, local where it names a moment; ``None`` for none."""
    if isinstance(cell, datetime):
        local = cell.astimezone(plan.zone) if cell.tzinfo else cell
        return local.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    found = _DAY.match(cell.strip()) if isinstance(cell, str) else None
    try:
        return date(*map(int, found.groups())).isoformat() if found else None
    except ValueError:
        return None


@contextmanager
def open_partitions(target: Path, plan: RowPlan) -> Iterator[Partitions]:
    """Write aside; the days that came out take their places if the block ends well.

    Raises:
        InputError: If the target is a file, or cannot be written.
    """
    if target.exists() and not target.is_dir():
        raise InputError(f"{target} 是一个文件", hint="按天分目录时要写一个目录名")
    try:
        aside = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}."))  # 0700
    except OSError as error:
        raise InputError(f"写不了 {target}：{disk_words(error)}", hint="先建好上级目录") from error
    try:
        output = Partitions(aside, plan)
        yield output
        output.finish()
        target.mkdir(exist_ok=True, mode=0o700)
        for folder in sorted(aside.iterdir()):
            place = target / folder.name
            shutil.rmtree(place, ignore_errors=True)
            folder.rename(place)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
