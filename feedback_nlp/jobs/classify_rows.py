"""Rows of a classified file: what a worker process turns into results, chunk by chunk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from feedback_nlp.clean import Pseudonymizer, prepare
from feedback_nlp.config import PipelineConfig
from feedback_nlp.ingest.flatten import flatten
from feedback_nlp.records import Rejection, Understanding
from feedback_nlp.tabular import (
    Row,
    json_line,
)
from feedback_nlp.understanding.engine import Engine

_RESULT_COLUMNS = ("id", "text", "sentiment", "sentiment_score", "intent", "units")


@dataclass(frozen=True, slots=True)
class RowPlan:
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

    def __init__(self, plan: RowPlan) -> None:
        self._plan = plan
        self._engine = Engine.load(plan.config)
        self._pseudonymizer = Pseudonymizer(plan.secret) if plan.secret else None

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
        if self._plan.as_lines:
            return [json_line(row, self._plan.zone) for row in found], reasons
        return found, reasons

    def _input(self, row: Row | Rejection) -> dict[str, Any]:
        """Return the id, the text and the columns that came in, under names that are free."""
        plan = self._plan
        if isinstance(row, Rejection):
            return {
                "id": None,
                "text": "",
                "error": f"{row.reason}: 第 {row.line} 行，{row.detail}",
            }
        cells = flatten(row.values) if plan.nested else row.values
        text = cells.get(plan.text_column)
        text = "" if text is None else str(text)
        others = {
            input_name(name): value
            for name, value in cells.items()
            if name not in (plan.text_column, plan.id_column)
        }
        id_ = cells.get(plan.id_column) if plan.id_column else None
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
