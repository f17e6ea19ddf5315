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
from zoneinfo import ZoneInfo

from feedback_nlp.config import PipelineConfig
from feedback_nlp.errors import FeedbackError, InputError, UnknownLayout
from feedback_nlp.ingest import storable, text_and_key_columns
from feedback_nlp.ingest.flatten import flatten
from feedback_nlp.jobs.classify_rows import (
    _RESULT_COLUMNS,
    Chunk,
    Recipe,
    Scored,
    Scorer,
    input_name,
)
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
    *,
    config: PipelineConfig,
    zone: ZoneInfo,
    workers: int | None = None,
    redact: bool = False,
    mapping: Mapping[str, str] | None = None,
    format: str | None = None,  # noqa: A002 - the user's word
    sheet: str | None = None,
    secret: str | None = None,
    progress: Progress = lambda _rows: None,
) -> ClassifyReport:
    """Understand every row of a file.

    Args:
        source: A table with a text column, plain lines, or ``-`` for standard input.
        target: Where to; the suffix says the format, ``-`` is JSON lines on standard output.
        config: The analysis.
        zone: Zone of typed times.
        workers: Processes; by default one for small files, else one a core.
        redact: Mask personal data; offsets then point into the masked text.
        mapping: Column by field; ``text`` and ``source_key`` matter here.
        format: See :func:`feedback_nlp.tabular.open_table`.
        sheet: Sheet of a workbook.
        secret: Keys the pseudonyms; by default the content of the file does.
        progress: Called with the rows done so far.

    Raises:
        FileUnreadable: If the file cannot be read at all.
        UnknownLayout: If a table has no column that can be taken for the text.
        InputError: If there are no rows, or the target cannot be written.
    """
    kind = output_format(target)
    with ExitStack() as stack:
        path = stack.enter_context(spooled(source, DEFAULT_LIMITS))
        table, text_column, id_column, nested = _open(stack, path, format, sheet, mapping or {})
        rows = iter(table.rows)
        head = list(islice(rows, _AUTO_WORKERS_FROM_ROWS))
        if not head:
            raise InputError("文件里没有数据行", hint="至少要有一行文字")
        if workers is None:
            workers = (os.cpu_count() or 1) if len(head) == _AUTO_WORKERS_FROM_ROWS else 1
        key = (secret.encode() if secret else _content_key(path)) if redact else None
        recipe = Recipe(config, zone, text_column, id_column, nested, key, kind == "jsonl")
        columns = _columns(table, head, recipe)
        chunks = _chunks(chain(head, rows))
        del head
        counts: Counter[str] = Counter()
        results = _results(_scored(chunks, recipe, workers), counts, progress)
        if kind == "jsonl":
            read = write_json_lines(target, results)
        else:
            types = {"sentiment_score": ColumnType.NUMBER, "units": ColumnType.NESTED}
            read = write_rows(target, columns, results, types=types, zone=zone)
    return ClassifyReport(read, counts.total(), workers, dict(counts))


def _open(
    stack: ExitStack,
    path: Path,
    format_: str | None,
    sheet: str | None,
    mapping: Mapping[str, str],
) -> tuple[Table, str, str | None, bool]:
    """Open the table and find its text and id; text without a header is read as lines."""
    table = stack.enter_context(open_table(path, format=format_, sheet=sheet))
    columns, nested = table.columns, False
    if table.format in ("json", "jsonl", "parquet") and not _has_text(columns, mapping):
        nested = True
        rows = iter(table.rows)
        head = list(islice(rows, 200))
        table = Table(table.format, columns, chain(head, rows), table.path)
        flat = (flatten(row.values) for row in head if isinstance(row, Row))
        columns = tuple(dict.fromkeys(chain.from_iterable(flat)))
    text_column, id_column = text_and_key_columns(columns, mapping)
    if text_column is None:
        guessed = table.format == "csv" and format_ is None and format_of_name(path)[0] is None
        if guessed and not mapping:
            table = stack.enter_context(open_table(path, format="lines"))
            return table, "text", None, False
        shown = "、".join(columns[:30])
        raise UnknownLayout(
            storable(f"看不出哪一列是文字。文件的列：{shown}"),
            reason="no-text-column",
            example=storable(columns[-1] if columns else "列名"),
        )
    return table, text_column, id_column, nested


def _has_text(columns: Sequence[str], mapping: Mapping[str, str]) -> bool:
    try:
        return text_and_key_columns(columns, mapping)[0] is not None
    except InputError:  # a column that was named lies deeper
        return False


def _columns(table: Table, head: Sequence[Row | Rejection], recipe: Recipe) -> list[str]:
    names: Iterable[str] = table.columns
    if recipe.nested:
        flat = (flatten(row.values) for row in head if isinstance(row, Row))
        names = dict.fromkeys(chain.from_iterable(flat))
    used = (recipe.text_column, recipe.id_column)
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


def _scored(chunks: Iterator[Chunk], recipe: Recipe, workers: int) -> Iterator[Scored]:
    if workers <= 1:
        scorer = Scorer(recipe)
        yield from map(scorer.score, chunks)
        return
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # the workers' numpy: one thread each
    with ProcessPoolExecutor(
        workers, mp_context=get_context("spawn"), initializer=_start_worker, initargs=(recipe,)
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
            raise FeedbackError("一个工作进程意外退出", reason="worker-died") from error
        finally:
            for future in pending:
                future.cancel()


_worker: Scorer | None = None


def _start_worker(recipe: Recipe) -> None:
    global _worker  # noqa: PLW0603 - a process pool has no other place for its state
    _worker = Scorer(recipe)


def _score_in_worker(chunk: Chunk) -> Scored:
    assert _worker is not None
    return _worker.score(chunk)


def _content_key(path: Path) -> bytes:
    """Key pseudonyms by the content: the same file gives the same ones, another file others."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()
