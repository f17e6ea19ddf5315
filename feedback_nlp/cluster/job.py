"""A folder or table read chunk by chunk: what a killed driver leaves is gone on with.

No cluster engine goes on after its driver died. So the input is cut into chunks that do not
depend on the cluster, each with a folder of its own::

    read/_plan.json          what is read, how, by which models
    read/chunk=00003/*       its rows
    read/_done/00003.json    written last: rows, and that they are all there

A chunk without its marker is done again, over what it left. ``spark.read.parquet("read")``
reads them all, the number of the chunk as one more column.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from feedback_nlp.cluster.executor import Task
from feedback_nlp.cluster.filesystem import Folder
from feedback_nlp.cluster.frames import apply, make_task
from feedback_nlp.config import PipelineConfig, load_config
from feedback_nlp.errors import Conflict, FeedbackError, InputError
from feedback_nlp.labels import Depth

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_PLAN = "_plan.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterJob:
    """What is read and where it goes.

    Attributes:
        source: A folder or file in ``format``, or the name of a table (Hive, Iceberg).
        target: A folder; made if missing.
        format: ``parquet``, ``json``, ``csv`` or ``table``.
        text: Text column; recognised by its name if left out.
        key: Column that spreads a table over its chunks; needed for a table of several.
        files: Files a chunk, if ``source`` is a folder.
        chunks: Chunks of a table.
        prefix: Put before the names of the new columns.
        depth: How closely rows are read.
        models: A models folder of one's own.
        topics: URL of a database whose living topics units join.
    """

    source: str
    target: str
    format: str = "parquet"
    text: str | None = None
    key: str | None = None
    files: int = 16
    chunks: int = 1
    prefix: str = ""
    depth: Depth = Depth.FAST
    models: str | None = None
    topics: str | None = None


@dataclass(frozen=True, slots=True)
class ClusterReport:
    """What became of the input.

    Attributes:
        chunks: Chunks of the input.
        done_before: Those that an earlier run had finished.
        rows: Rows in, and out: each chunk is counted on both sides before it is marked.
    """

    chunks: int
    done_before: int
    rows: int


def run(
    session: SparkSession,
    job: ClusterJob,
    config: PipelineConfig | None = None,
    *,
    progress: Callable[[int, int, int], None] = lambda _done, _of, _rows: None,
) -> ClusterReport:
    """Read what is not read yet. Run it again after a kill: it goes on.

    Args:
        session: A running session.
        job: What to do.
        config: The analysis; the shipped one by default.
        progress: Called after each chunk with chunks done, chunks in all, rows so far.

    Raises:
        InputError: If the source has no text column or no rows, or the target holds
            something else.
        Conflict: If the target was begun with another source, models or options.
    """
    config = config if config is not None else load_config()
    folder = Folder(session, job.target)
    pieces = list(_pieces(session, job))
    if not pieces:
        raise InputError(f"{job.source} 里没有文件", hint="检查路径和 format")
    task = make_task(
        _read(session, job, pieces[0]),
        job.text,
        prefix=job.prefix,
        config=config,
        depth=job.depth,
        models=job.models,
        topics=job.topics,
    )
    _claim(folder, _identity(job, task, pieces))
    rows = before = 0
    for number, piece in enumerate(pieces):
        marker = f"_done/{number:05}.json"
        done = folder.read(marker)
        if done is None:
            source = _read(session, job, piece)
            done = {"rows": _write(source, f"{folder.url}/chunk={number:05}", task)}
            folder.write(marker, done)
        else:
            before += 1
        rows += done["rows"]
        progress(number + 1, len(pieces), rows)
    return ClusterReport(len(pieces), before, rows)


def _write(source: DataFrame, url: str, task: Task) -> int:
    read = source.count()
    apply(task, source).write.mode("overwrite").parquet(url)
    written: int = source.sparkSession.read.parquet(url).count()
    if read != written:
        raise FeedbackError(
            f"{url}：读了 {read:,} 行，写了 {written:,} 行",
            reason="rows-differ",
            hint="输入在运行时变了；等它不变了再运行一次",
        )
    return written


def _pieces(session: SparkSession, job: ClusterJob) -> Iterator[Any]:
    """Cut the input: lists of files, or numbers of hash ranges of the key of a table."""
    if job.format != "table":
        names = sorted(_source(session, job).inputFiles())
        size = max(job.files, 1)
        yield from (names[begin : begin + size] for begin in range(0, len(names), size))
        return
    if job.chunks > 1 and job.key is None:
        raise InputError("把表分成几块需要一个键列", hint="用 key= 指明一列，值越散越好")
    yield from range(max(job.chunks, 1))


def _read(session: SparkSession, job: ClusterJob, piece: Any) -> DataFrame:
    from pyspark.sql import functions as sql  # noqa: PLC0415 - an extra

    if job.format != "table":
        return _source(session, job, piece)
    frame = session.table(job.source)
    if job.chunks <= 1 or job.key is None:
        return frame
    share = sql.pmod(sql.xxhash64(frame[job.key]), sql.lit(job.chunks))
    return frame.where(share == piece)


def _source(
    session: SparkSession, job: ClusterJob, files: Sequence[str] | None = None
) -> DataFrame:
    reader = session.read.option("basePath", job.source)
    paths = list(files) if files is not None else [job.source]
    match job.format:
        case "parquet":
            return reader.option("mergeSchema", "true").parquet(*paths)
        case "json":
            return reader.json(paths)
        case "csv":
            # Everywhere else a quote in a cell is doubled and a line may break inside quotes.
            csv = reader.options(header=True, multiLine=True, escape='"')
            return csv.csv(paths)
        case _:
            raise InputError(
                f"不认识的格式 {job.format!r}", hint="parquet、json、csv，或 table（Hive、Iceberg）"
            )


def _identity(job: ClusterJob, task: Task, pieces: Sequence[Any]) -> dict[str, Any]:
    """Return all that decides the result."""
    return {
        "source": job.source,
        "format": job.format,
        "pieces": list(pieces),
        "key": job.key,
        "text": task.text,
        "prefix": task.prefix,
        "depth": task.depth.value,
        "config": json.loads(task.config),
        "versions": dict(task.versions),
    }


def _claim(folder: Folder, identity: dict[str, Any]) -> None:
    held = folder.read(_PLAN)
    if held is None:
        if not folder.is_empty():
            raise InputError(f"{folder.url} 里已经有别的文件", hint="换一个空目录，免得盖掉它们")
        folder.write(_PLAN, identity)
        return
    changed = sorted(name for name in {*held, *identity} if held.get(name) != identity.get(name))
    if changed:
        names = "、".join(_NAMES.get(name, name) for name in changed)
        raise Conflict(
            f"{folder.url} 是另一次运行留下的，不能接着做：{names}变了",
            hint="换一个输出目录，或删掉这个重新开始",
        )


_NAMES = {
    "source": "输入",
    "format": "格式",
    "pieces": "输入的文件",
    "key": "键列",
    "text": "文字列",
    "prefix": "列名前缀",
    "depth": "读的深浅",
    "config": "配置",
    "versions": "模型或程序",
}
