"""The batch job without a database: a file of texts in, the same rows understood out.

Order is kept, and the result does not depend on the number of workers: rows are cut into
chunks of fixed size, each chunk is read on its own, and chunks come out in order. Memory
does not grow with the file.
"""

from __future__ import annotations

import hashlib
import os
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from itertools import chain, islice
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from feedback_nlp.config import PipelineConfig
from feedback_nlp.errors import FeedbackError, InputError, UnknownLayout
from feedback_nlp.ingest import storable, text_and_key_columns
from feedback_nlp.ingest.flatten import flatten
from feedback_nlp.jobs.classify_rows import (
    _RESULT_COLUMNS,
    Chunk,
    RowPlan,
    Scored,
    Scorer,
    input_name,
)
from feedback_nlp.jobs.options import ClassifyOptions
from feedback_nlp.records import Rejection
from feedback_nlp.tabular import (
    DEFAULT_LIMITS,
    ColumnType,
    Row,
    Table,
    format_of_name,
    open_table,
    output_format,
    spooled,
    write_json_lines,
    write_rows,
)

CHUNK_SIZE = 1_000
_AUTO_WORKERS_FROM_ROWS = 20_000
_CHUNKS_IN_FLIGHT = 3  # per worker

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class ClassifyReport:
    """What became of the input.

    Attributes:
        read: Rows in, and so objects out.
        failed: Rows that could not be read; they come out with ``error``.
        reasons: Failed rows by reason.
        workers: Processes used.
    """

    read: int
    failed: int
    workers: int
    reasons: Mapping[str, int] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return the report as JSON-serialisable values."""
        return asdict(self)


def classify_file(
    source: Path,
    target: Path,
    config: PipelineConfig,
    options: ClassifyOptions,
    *,
    progress: Progress = lambda _rows: None,
) -> ClassifyReport:
    """Understand every row of a file.

    Args:
        source: A table with a text column, plain lines, or ``-`` for standard input.
        target: Where to; the suffix says the format, ``-`` is JSON lines on standard output.
        config: The analysis.
        options: What a person said about the file.
        progress: Called with the rows done so far.

    Raises:
        FileUnreadable: If the file cannot be read at all.
        UnknownLayout: If a table has no column that can be taken for the text.
        InputError: If there are no rows, or the target cannot be written.
    """
    kind = output_format(target)
    with ExitStack() as stack:
        path = stack.enter_context(spooled(source, DEFAULT_LIMITS))
        table, text_column, id_column, nested = _open(stack, path, options)
        rows = iter(table.rows)
        head = list(islice(rows, _AUTO_WORKERS_FROM_ROWS))
        if not head:
            raise InputError("文件里没有数据行", hint="至少要有一行文字")
        workers = options.workers
        if workers is None:
            workers = (os.cpu_count() or 1) if len(head) == _AUTO_WORKERS_FROM_ROWS else 1
        plan = RowPlan(
            config,
            options.zone,
            text_column,
            id_column,
            nested,
            _key(path, options),
            kind == "jsonl",
        )
        columns = _columns(table, head, plan)
        chunks = _chunks(chain(head, rows))
        del head
        counts: Counter[str] = Counter()
        results = _results(_scored(chunks, plan, workers), counts, progress)
        if kind == "jsonl":
            read = write_json_lines(target, results)
        else:
            types = {"sentiment_score": ColumnType.NUMBER, "units": ColumnType.NESTED}
            read = write_rows(target, columns, results, types=types, zone=options.zone)
    return ClassifyReport(read, counts.total(), workers, dict(counts))


def _open(
    stack: ExitStack, path: Path, options: ClassifyOptions
) -> tuple[Table, str, str | None, bool]:
    """Open the table and find its text and id; text without a header is read as lines."""
    table = stack.enter_context(open_table(path, format=options.format, sheet=options.sheet))
    columns, nested = table.columns, False
    if table.format in ("json", "jsonl", "parquet") and not _has_text(columns, options.mapping):
        nested = True
        rows = iter(table.rows)
        head = list(islice(rows, 200))
        table = Table(table.format, columns, chain(head, rows), table.path)
        flat = (flatten(row.values) for row in head if isinstance(row, Row))
        columns = tuple(dict.fromkeys(chain.from_iterable(flat)))
    text_column, id_column = text_and_key_columns(columns, options.mapping)
    if text_column is None:
        guessed = table.format == "csv" and options.format is None
        if guessed and format_of_name(path)[0] is None and not options.mapping:
            table = stack.enter_context(open_table(path, format="lines"))
            return table, "text", None, False
        shown = "、".join(columns[:30])
        raise UnknownLayout(
            storable(f"看不出哪一列是文字。文件的列：{shown}"),
            hint=storable(f"用 --map 指明，例如 --map '{columns[-1] if columns else '列名'}=text'"),
        )
    return table, text_column, id_column, nested


def _has_text(columns: Sequence[str], mapping: Mapping[str, str]) -> bool:
    try:
        return text_and_key_columns(columns, mapping)[0] is not None
    except InputError:  # a column that was named lies deeper
        return False


def _columns(table: Table, head: Sequence[Row | Rejection], plan: RowPlan) -> list[str]:
    names: Iterable[str] = table.columns
    if plan.nested:
        flat = (flatten(row.values) for row in head if isinstance(row, Row))
        names = dict.fromkeys(chain.from_iterable(flat))
    used = (plan.text_column, plan.id_column)
    return [*_RESULT_COLUMNS, *(input_name(name) for name in names if name not in used), "error"]


def _chunks(rows: Iterator[Row | Rejection]) -> Iterator[Chunk]:
    first = 1
    while chunk := list(islice(rows, CHUNK_SIZE)):
        yield first, chunk
        first += len(chunk)


def _results(scored: Iterator[Scored], counts: Counter[str], progress: Progress) -> Iterator[Any]:
    done = 0
    for rows, reasons in scored:
        yield from rows
        counts.update(reasons)
        done += len(rows)
        progress(done)


def _scored(chunks: Iterator[Chunk], plan: RowPlan, workers: int) -> Iterator[Scored]:
    if workers <= 1:
        scorer = Scorer(plan)
        yield from map(scorer.score, chunks)
        return
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # the workers' numpy: one thread each
    with ProcessPoolExecutor(
        workers, mp_context=get_context("spawn"), initializer=_start_worker, initargs=(plan,)
    ) as pool:
        pending: deque[Future[Scored]] = deque()
        try:
            for chunk in chunks:
                pending.append(pool.submit(_score_in_worker, chunk))
                if len(pending) >= workers * _CHUNKS_IN_FLIGHT:
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()
        except BrokenProcessPool as error:
            raise FeedbackError(
                "一个工作进程意外退出", hint="多半是内存不足：减少 --workers 后重试"
            ) from error
        finally:
            for future in pending:
                future.cancel()


_worker: Scorer | None = None


def _start_worker(plan: RowPlan) -> None:
    global _worker  # noqa: PLW0603 - a process pool has no other place for its state
    _worker = Scorer(plan)


def _score_in_worker(chunk: Chunk) -> Scored:
    assert _worker is not None
    return _worker.score(chunk)


def _key(path: Path, options: ClassifyOptions) -> bytes | None:
    """Key pseudonyms by the secret, else by the content: the same file gives the same ones."""
    if not options.redact:
        return None
    if options.secret:
        return options.secret.encode()
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()
