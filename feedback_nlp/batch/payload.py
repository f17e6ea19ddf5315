"""Chunks: what the parent process reads, and the rows a worker makes of it.

Lines of text and Arrow batches travel unparsed. CSV, Excel and JSON documents have to be
parsed in order to be cut, so their rows travel.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import accumulate
from pathlib import Path
from typing import Any, NamedTuple

from feedback_nlp.records import Rejection
from feedback_nlp.tabular import DEFAULT_LIMITS, Row, open_table
from feedback_nlp.tabular.decoding import TextBlock, TextLine, text_blocks
from feedback_nlp.tabular.formats import GzipInput, open_binary
from feedback_nlp.tabular.json_rows import parse_json_line, parse_plain_line
from feedback_nlp.tabular.rows import reject

CHUNK_ROWS = 2_000  # arrays stay in the cache, and workers end at nearly the same time
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

        payload, room, number = Lines([], [], {}), _CHUNK_CHARS, 0
        for block in text_blocks(stream, DEFAULT_LIMITS):
            number = block.first + len(block.texts) - 1
            waiting = _rows_in(block)
            while waiting.texts:
                waiting, taken = _move(waiting, payload, room)
                room -= taken
                if len(payload.texts) >= CHUNK_ROWS or room <= 0:
                    yield payload, len(payload.texts), share
                    payload, room = Lines([], [], {}), _CHUNK_CHARS
        if packed is not None and packed.damaged:
            detail = f"第 {number} 行之后的压缩数据已损坏，无法继续读取"
            payload.faults[len(payload.texts)] = reject(number + 1, "file-damaged", detail)
            payload.texts.append("")
            payload.numbers.append(number + 1)
        if payload.texts:
            yield payload, len(payload.texts), share


def _rows_in(block: TextBlock) -> Lines:
    """Return the lines of a block that are rows: blank ones are none.

    The parent process does this for every line there is, so a block in order is one pass in C.
    """
    texts, faults = block.texts, block.faults
    numbers = range(block.first, block.first + len(texts))
    if not faults and "" not in texts and not any(map(str.isspace, texts)):
        return Lines(texts, list(numbers), {})
    kept = [at for at, text in enumerate(texts) if at in faults or (text and not text.isspace())]
    return Lines(
        [texts[at] for at in kept],
        [numbers[at] for at in kept],
        {place: faults[at] for place, at in enumerate(kept) if at in faults},
    )


def _move(waiting: Lines, payload: Lines, room: int) -> tuple[Lines, int]:
    """Move as many lines into a payload as it takes; return the others, and the characters moved.

    The line that fills the room still goes in, so there is no line without a place.
    """
    reached = list(accumulate(map(len, waiting.texts[: CHUNK_ROWS - len(payload.texts)])))
    count = min(bisect_left(reached, room) + 1, len(reached))
    begin = len(payload.texts)
    payload.faults.update({begin + at: f for at, f in waiting.faults.items() if at < count})
    payload.texts.extend(waiting.texts[:count])
    payload.numbers.extend(waiting.numbers[:count])
    left = {at - count: fault for at, fault in waiting.faults.items() if at >= count}
    others = Lines(waiting.texts[count:], waiting.numbers[count:], left)
    return others, reached[count - 1]


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
