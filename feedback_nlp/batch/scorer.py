"""Chunks to finished bytes: the work of one process."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from threadpoolctl import ThreadpoolController

from feedback_nlp.batch.encode import Result, encode
from feedback_nlp.batch.payload import Batch, rows_of
from feedback_nlp.batch.plan import Chunk, Done, Layout, RowPlan, input_name
from feedback_nlp.records import Rejection, Understanding
from feedback_nlp.tabular import Row
from feedback_nlp.understanding.engine import Engine

if TYPE_CHECKING:
    from feedback_nlp.batch.arrow import UnitTopic

_RAW_CHARS = 2_000


class Scorer:
    """Turns chunks of rows into encoded results; one in each process."""

    def __init__(self, plan: RowPlan) -> None:
        self._plan = plan
        self._engine = Engine.load(plan.config, plan.depth)
        # Two threads add up in another order than one: 1 score in 25,000 rounds the other way,
        # and a run with one process would differ from a run with several.
        self._threads = ThreadpoolController()
        self._places = {column.name for column in plan.columns}
        self._mask = None
        self._topics = None
        if plan.secret:
            from feedback_nlp.batch.masking import Mask  # noqa: PLC0415 - slow, seldom wanted

            self._mask = Mask(plan.secret)
        if plan.topics is not None:
            from feedback_nlp.batch.topics import TopicFinder  # noqa: PLC0415 - slow, seldom wanted

            self._topics = TopicFinder(plan.topics, plan.config)

    @property
    def versions(self) -> dict[str, str]:
        """Content versions of the models in use."""
        topics = {} if self._topics is None else self._topics.versions
        return {**self._engine.versions, **topics}

    def score(self, chunk: Chunk) -> Done:
        """Parse, read and encode the rows of a chunk."""
        plan = self._plan
        layout = plan.layouts[chunk.source]
        rows = rows_of(chunk.payload, layout.format, layout.columns)
        typed = plan.kind == "parquet" and isinstance(chunk.payload, Batch) and not plan.secret
        rejects: list[tuple[int, Rejection]] = []
        unplaced: Counter[str] = Counter()
        inputs: list[tuple[int, Any, str, dict[str, Any]]] = []
        for position, row in enumerate(rows):
            if isinstance(row, Rejection):
                rejects.append((chunk.source, self._without_secrets(row)))
                if plan.rejects_apart:
                    continue
            id_, text, others = self._input(row, layout)
            if plan.kind != "jsonl":
                unplaced.update(others.keys() - self._places - {"error"})
            number = chunk.first + position
            inputs.append((position, number if id_ is None else id_, text, others))
        texts = [text for _, _, text, _ in inputs]
        with self._threads.limit(limits=1, user_api="blas"):
            understood = self._engine.understand(texts)
        topics: Sequence[Sequence[UnitTopic | None] | None] = [None] * len(understood)
        if self._topics is not None:
            topics = self._topics.find(understood)
        results = list(_results(inputs, understood, topics))
        return Done(
            chunk.index,
            len(rows),
            len(results),
            rejects,
            dict(unplaced),
            self.versions,
            encode(results, plan, chunk.payload.batch if typed else None),
            chunk.share,
        )

    def _input(self, row: Row | Rejection, layout: Layout) -> tuple[Any, str, dict[str, Any]]:
        """Return the id, the text and the columns that came in, under names that are free."""
        if isinstance(row, Rejection):
            error = f"{row.reason}: 第 {row.line} 行，{row.detail}"
            constants = {name: layout.constants[name] for name in layout.constants}
            return None, "", self._kept(constants) | {"error": error}
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

    def _kept(self, others: dict[str, Any]) -> dict[str, Any]:
        keep = self._plan.keep
        if keep is None:
            return others
        return {name: value for name, value in others.items() if name in keep}

    def _without_secrets(self, row: Rejection) -> Rejection:
        raw = row.raw[:_RAW_CHARS]
        if self._mask is not None:
            raw = self._mask.text(raw)
        return Rejection(row.line, row.reason, row.detail, raw)


def _results(
    inputs: Sequence[tuple[int, Any, str, dict[str, Any]]],
    understood: Sequence[Understanding],
    topics: Sequence[Sequence[UnitTopic | None] | None],
) -> Iterator[Result]:
    for (position, id_, text, others), found, placed in zip(
        inputs, understood, topics, strict=True
    ):
        yield Result(id_, text, found, others, placed, position)
