"""One row of an input: its id, its text, and the columns that come along under free names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from feedback_nlp.batch.plan import Layout, RowPlan, input_name
from feedback_nlp.records import Rejection
from feedback_nlp.tabular import Row

_RAW_CHARS = 2_000


class RowReader:
    """Takes rows apart as a plan says; masks personal data if the plan has a secret."""

    def __init__(self, plan: RowPlan) -> None:
        self._keep = plan.keep
        self._mask = None
        if plan.secret:
            from feedback_nlp.batch.masking import Mask  # noqa: PLC0415 - slow, seldom wanted

            self._mask = Mask(plan.secret)

    def read(self, row: Row | Rejection, layout: Layout) -> tuple[Any, str, dict[str, Any]]:
        """Return the id, the text and the columns that came in."""
        if isinstance(row, Rejection):
            error = f"{row.reason}: 第 {row.line} 行，{row.detail}"
            return None, "", self._kept(dict(layout.constants)) | {"error": error}
        cells: Mapping[str, Any] = row.values
        if layout.nested:
            from feedback_nlp.ingest.flatten import flatten  # noqa: PLC0415 - loads all of ingest

            cells = flatten(row.values)
        text = cells.get(layout.text_column)
        text = "" if text is None else str(text)
        used = (layout.text_column, layout.id_column)
        others = {input_name(n): value for n, value in cells.items() if n not in used}
        others.update(layout.constants)
        others = self._kept(others)
        id_ = cells.get(layout.id_column) if layout.id_column else None
        if self._mask is not None:
            text = self._mask.text(text)
            others = {name: self._mask.value(value) for name, value in others.items()}
            id_ = self._mask.value(id_)
        return id_, text, others

    def rejected(self, row: Rejection) -> Rejection:
        """Return a row that could not be read as it may be kept."""
        raw = row.raw[:_RAW_CHARS]
        if self._mask is not None:
            raw = self._mask.text(raw)
        return Rejection(row.line, row.reason, row.detail, raw)

    def _kept(self, others: dict[str, Any]) -> dict[str, Any]:
        keep = self._keep
        if keep is None:
            return others
        return {name: value for name, value in others.items() if name in keep}
