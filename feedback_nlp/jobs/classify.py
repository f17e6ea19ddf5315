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

from feedback_nlp.clean import Pseudonymizer, prepare
from feedback_nlp.config import PipelineConfig
from feedback_nlp.errors import FeedbackError, InputError, UnknownLayout
from feedback_nlp.ingest import storable, text_and_key_columns
from feedback_nlp.ingest.flatten import flatten
from feedback_nlp.pipeline import Engine
from feedback_nlp.records import Rejection, Understanding
from feedback_nlp.tabular import (
    DEFAULT_LIMITS,
    ColumnType,
    Row,
    Table,
    format_of_name,
    json_line,
    open_table,
    output_format,
    spooled,
    write_json_lines,
    write_rows,
)

CHUNK_SIZE = 1_000
_AUTO_WORKERS_FROM_ROWS = 20_000
_CHUNKS_IN_FLIGHT = 3  # per worker
_RESULT_COLUMNS = ("id", "text", "sentiment", "sentiment_score", "intent", "units")

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


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a worker needs to know to turn rows into results.

    Attributes:
        config: The analysis.
        zone: Zone that times of typed cells are written in.
        text_column: Where the text is.
        id_column: Where the id is; ``None`` numbers the rows from 1.
        nested: Whether rows must be flattened first.
        secret: Masks personal data if given.
        as_lines: Render rows as JSON in the worker.
    """

    config: PipelineConfig
    zone: ZoneInfo
    text_column: str
    id_column: str | None
    nested: bool
    secret: bytes | None
    as_lines: bool


Chunk = tuple[int, Sequence[Row | Rejection]]
Scored = tuple[list[Any], Counter[str]]


class Scorer:
    """Turns chunks of rows into result rows; one in each process."""

    def __init__(self, recipe: Recipe) -> None:
        self._recipe = recipe
        self._engine = Engine.load(recipe.config)
        self._pseudonymizer = Pseudonymizer(recipe.secret) if recipe.secret else None

    def score(self, chunk: Chunk) -> Scored:
        """Return the result rows of a chunk (or their JSON), and its faults by reason."""
        first, rows = chunk
        reasons: Counter[str] = Counter()
        inputs = [self._input(row) for row in rows]
        texts = [str(values["text"]) for values in inputs]
        found = []
        for number, (row, values, result) in enumerate(
            zip(rows, inputs, self._engine.understand(texts), strict=True), first
        ):
            if isinstance(row, Rejection):
                reasons[row.reason] += 1
            if values["id"] is None:
                values["id"] = number
            found.append(_result(values, result))
        if self._recipe.as_lines:
            return [json_line(row, self._recipe.zone) for row in found], reasons
        return found, reasons

    def _input(self, row: Row | Rejection) -> dict[str, Any]:
        """Return the id, the text and the columns that came in, under names that are free."""
        recipe = self._recipe
        if isinstance(row, Rejection):
            return {
                "id": None,
                "text": "",
                "error": f"{row.reason}: 第 {row.line} 行，{row.detail}",
            }
        cells = flatten(row.values) if recipe.nested else row.values
        text = cells.get(recipe.text_column)
        text = "" if text is None else str(text)
        others = {
            input_name(name): value
            for name, value in cells.items()
            if name not in (recipe.text_column, recipe.id_column)
        }
        id_ = cells.get(recipe.id_column) if recipe.id_column else None
        if self._pseudonymizer is not None:
            text = prepare(text, self._pseudonymizer).text
            others = {name: self._masked(value) for name, value in others.items()}
            id_ = self._masked(id_)
        return {"id": id_, "text": text, **others}

    def _masked(self, value: Any) -> Any:
        assert self._pseudonymizer is not None
        match value:
            case str():
                return prepare(value, self._pseudonymizer).text
            case dict():
                return {name: self._masked(member) for name, member in value.items()}
            case list():
                return [self._masked(member) for member in value]
            case int() if not isinstance(value, bool):
                masked = prepare(str(value), self._pseudonymizer).text
                return value if masked == str(value) else masked
            case _:
                return value


def input_name(column: str) -> str:
    """Return the name under which an incoming column comes out: results keep their names."""
    return f"input_{column}" if column in (*_RESULT_COLUMNS, "error") else column


def _result(values: Mapping[str, Any], result: Understanding) -> dict[str, Any]:
    row = {
        "id": values["id"],
        "text": values["text"],
        "sentiment": result.sentiment.value,
        "sentiment_score": result.sentiment_score,
        "intent": result.intent.value,
        "units": [
            {
                "start": unit.start,
                "end": unit.end,
                "text": unit.text,
                "sentiment": unit.sentiment.value,
                "sentiment_score": unit.sentiment_score,
                "intent": unit.intent.value,
                "confidence": unit.confidence,
            }
            for unit in result.units
        ],
    }
    row.update((name, value) for name, value in values.items() if name not in ("id", "text"))
    return row


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
            hint=storable(f"用 --map 指明，例如 --map '{columns[-1] if columns else '列名'}=text'"),
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
            raise FeedbackError(
                "一个工作进程意外退出", hint="多半是内存不足：减少 --workers 后重试"
            ) from error
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
