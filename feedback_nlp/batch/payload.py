"""Chunks: what the parent process reads, and the rows a worker makes of it.

Lines of text and Arrow batches travel unparsed. CSV, Excel and JSON documents have to be
parsed in order to be cut, so their rows travel.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

from feedback_nlp.records import Rejection
from feedback_nlp.tabular import DEFAULT_LIMITS, Row, open_table
from feedback_nlp.tabular.decoding import TextLine, text_lines
from feedback_nlp.tabular.formats import GzipInput, open_binary
from feedback_nlp.tabular.json_rows import is_blank, parse_json_line, parse_plain_line
from feedback_nlp.tabular.rows import reject

CHUNK_ROWS = 4_000
_CHUNK_CHARS = 2_000_000

Share = Callable[[], float | None]


class Lines(NamedTuple):
    """Lines of text: their numbers, and those that are not what they should be."""

    texts: list[str]
    numbers: list[int]
    faults: dict[int, str | Rejection]


class Rows(NamedTuple):
    """Parsed rows."""

    rows: list[Row | Rejection]


class Batch(NamedTuple):
    """An Arrow batch and the number of its first row."""

    batch: Any
    first: int


Payload = Lines | Rows | Batch


def payloads(path: Path, kind: str, sheet: str | None) -> Iterator[tuple[Payload, int, Share]]:
    """Yield the payloads of a file that could be opened before, their row counts and progress."""
    match kind:
        case "jsonl" | "lines":
            yield from _of_lines(path)
        case "parquet":
            yield from _of_batches(path)
        case _:
            with open_table(path, format=kind, sheet=sheet) as table:
                for rows in cut_rows(table.rows):
                    yield Rows(rows), len(rows), lambda: None


def cut_rows(rows: Iterator[Row | Rejection]) -> Iterator[list[Row | Rejection]]:
    """Cut rows into chunks, bounded in number and in size."""
    chunk: list[Row | Rejection] = []
    characters = 0
    for row in rows:
        chunk.append(row)
        if isinstance(row, Row):
            characters += sum(len(cell) for cell in row.values.values() if isinstance(cell, str))
        if len(chunk) >= CHUNK_ROWS or characters >= _CHUNK_CHARS:
            yield chunk
            chunk, characters = [], 0
    if chunk:
        yield chunk


def _of_lines(path: Path) -> Iterator[tuple[Payload, int, Share]]:
    size = max(path.stat().st_size, 1)
    with ExitStack() as stack:
        stream = stack.enter_context(open_binary(path))
        packed = stream if isinstance(stream, GzipInput) else None

        def share() -> float:
            reached: int = packed.position if packed else stream.tell()
            return min(reached / size, 1.0)

        payload, characters, number = Lines([], [], {}), 0, 0
        for line in text_lines(stream, DEFAULT_LIMITS):
            number = line.number
            if is_blank(line):
                continue
            if line.fault:
                payload.faults[len(payload.texts)] = line.fault
            payload.texts.append(line.text)
            payload.numbers.append(number)
            characters += len(line.text)
            if len(payload.texts) >= CHUNK_ROWS or characters >= _CHUNK_CHARS:
                yield payload, len(payload.texts), share
                payload, characters = Lines([], [], {}), 0
        if packed is not None and packed.damaged:
            detail = f"第 {number} 行之后的压缩数据已损坏，无法继续读取"
            payload.faults[len(payload.texts)] = reject(number + 1, "file-damaged", detail)
            payload.texts.append("")
            payload.numbers.append(number + 1)
        if payload.texts:
            yield payload, len(payload.texts), share


def _of_batches(path: Path) -> Iterator[tuple[Payload, int, Share]]:
    from feedback_nlp.tabular import parquet  # noqa: PLC0415 - slow to import

    file, _ = parquet.open_parquet(path, DEFAULT_LIMITS)
    total = max(file.metadata.num_rows, 1)
    done = 0

    def share() -> float:
        return float(min(done / total, 1.0))

    with file:
        try:
            for batch in parquet.parquet_batches(file, CHUNK_ROWS):
                first, done = done + 1, done + batch.num_rows
                yield Batch(batch, first), batch.num_rows, share
        except parquet.READ_ERRORS:
            yield Rows([parquet.damaged_after(done)]), 1, share


def rows_of(payload: Payload, kind: str, columns: tuple[str, ...]) -> list[Row | Rejection]:
    """Parse a payload.

    Args:
        payload: What the parent process sent.
        kind: Format of the input.
        columns: Names of its columns, for Arrow batches.
    """
    if isinstance(payload, Rows):
        return payload.rows
    if isinstance(payload, Batch):
        from feedback_nlp.tabular import parquet  # noqa: PLC0415 - slow to import

        return list(parquet.batch_rows(payload.batch, list(columns), payload.first, DEFAULT_LIMITS))
    parse = parse_json_line if kind == "jsonl" else parse_plain_line
    texts, numbers, faults = payload
    rows: list[Row | Rejection] = []
    for position, (text, number) in enumerate(zip(texts, numbers, strict=True)):
        fault = faults.get(position, "") if faults else ""
        if isinstance(fault, Rejection):
            rows.append(fault)
        else:
            rows.append(parse(TextLine(number, text, fault), DEFAULT_LIMITS))
    return rows
