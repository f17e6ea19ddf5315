"""Finished rows to bytes, in the worker."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from feedback_nlp.batch.plan import RowPlan
from feedback_nlp.records import Understanding
from feedback_nlp.tabular import json_line
from feedback_nlp.tabular.cells import cell_text, encodable

if TYPE_CHECKING:
    from feedback_nlp.batch.arrow import UnitTopic

_GZIP_LEVEL = 6


@dataclass(slots=True)
class Result:
    """One row that goes out.

    Attributes:
        id: The id, or the row's number.
        text: What was read.
        understood: What it means.
        others: The columns that came along, and ``error``, by name.
        topics: Topic of each unit, if they were looked for.
        position: Its place in the batch it came in.
    """

    id: Any
    text: str
    understood: Understanding
    others: dict[str, Any]
    topics: Sequence[UnitTopic | None] | None
    position: int

    def row(self) -> dict[str, Any]:
        """Return it as an object of JSON lines."""
        found = self.understood
        units = [unit.as_row() for unit in found.units]
        if self.topics is not None:
            for unit, topic in zip(units, self.topics, strict=True):
                unit["topic_id"] = topic.topic_id if topic else None
                unit["topic"] = topic.name if topic else None
        return {
            "id": self.id,
            "text": self.text,
            "sentiment": found.sentiment.value,
            "sentiment_score": found.sentiment_score,
            "intent": found.intent.value,
            "units": units,
            **self.others,
        }


def encode(results: Sequence[Result], plan: RowPlan, batch: Any = None) -> bytes:
    """Return results as bytes that :mod:`feedback_nlp.batch.outputs` puts together.

    Args:
        results: Rows of one chunk.
        plan: What is wanted.
        batch: The Arrow batch they came in, whose columns Parquet takes as they are.
    """
    if plan.kind == "parquet":
        from feedback_nlp.batch.parquet import to_arrow  # noqa: PLC0415 - slow to import

        return to_arrow(results, plan, batch)
    encoders: dict[str, Callable[[Sequence[Result], RowPlan], bytes]] = {
        "jsonl": _lines,
        "csv": _csv,
        "tsv": _csv,
        "xlsx": _cells,
    }
    return packed(encoders[plan.kind](results, plan), plan)


def packed(data: bytes, plan: RowPlan) -> bytes:
    """Return data as a gzip member if the output is packed: members may follow one another."""
    return gzip.compress(data, _GZIP_LEVEL, mtime=0) if plan.packed else data


def csv_lines(rows: Sequence[Sequence[str]], kind: str) -> bytes:
    """Return rows of cells as CSV or TSV with CRLF, as spreadsheets want it."""
    text = io.StringIO(newline="")
    delimiter = "\t" if kind == "tsv" else ","
    csv.writer(text, delimiter=delimiter, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode("utf-8", "replace")


def _lines(results: Sequence[Result], plan: RowPlan) -> bytes:
    lines = [json_line(result.row(), plan.zone) for result in results]
    return "".join(f"{line}\n" for line in lines).encode()


def _csv(results: Sequence[Result], plan: RowPlan) -> bytes:
    columns = plan.output_columns
    rows = []
    for result in results:
        row = result.row()
        rows.append([cell_text(row.get(column), plan.zone) for column in columns])
    return csv_lines(rows, plan.kind)


def _cells(results: Sequence[Result], plan: RowPlan) -> bytes:
    """Return a line of JSON a row: texts, numbers, and times as ``{"time": …}``."""
    lines = []
    for result in results:
        row = result.row()
        cells = [_cell(row.get(column), column, plan) for column in plan.output_columns]
        lines.append(json.dumps(cells))
    return "".join(f"{line}\n" for line in lines).encode()


def _cell(value: Any, column: str, plan: RowPlan) -> Any:
    if value is None or column == "sentiment_score":
        return value
    if isinstance(value, datetime):
        return {"time": value.isoformat()}
    return encodable(cell_text(value, plan.zone))
