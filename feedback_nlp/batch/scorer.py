"""Chunks to finished bytes: the work of one process."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from threadpoolctl import ThreadpoolController

from feedback_nlp.batch.encode import Result, encode
from feedback_nlp.batch.payload import Batch, rows_of
from feedback_nlp.batch.plan import Chunk, Done, RowPlan
from feedback_nlp.batch.rows import RowReader
from feedback_nlp.config import PipelineConfig
from feedback_nlp.labels import Depth
from feedback_nlp.records import Rejection, Understanding
from feedback_nlp.understanding.engine import Engine

if TYPE_CHECKING:
    from feedback_nlp.batch.arrow import UnitTopic

ready_engine: Callable[[PipelineConfig, Depth], Engine | None] | None = None
"""Gives an engine that this process has loaded already; see :mod:`feedback_nlp.batch.warm`."""


class Scorer:
    """Turns chunks of rows into encoded results; one in each process."""

    def __init__(self, plan: RowPlan) -> None:
        self._plan = plan
        ready = ready_engine(plan.config, plan.depth) if ready_engine is not None else None
        self._engine = ready if ready is not None else Engine.load(plan.config, plan.depth)
        # Two threads add up in another order than one: 1 score in 25,000 rounds the other way,
        # and a run with one process would differ from a run with several.
        self._threads = ThreadpoolController()
        self._places = {column.name for column in plan.columns}
        self._reader = RowReader(plan)
        self._topics = None
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
                rejects.append((chunk.source, self._reader.rejected(row)))
                if plan.rejects_apart:
                    continue
            id_, text, others = self._reader.read(row, layout)
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


def _results(
    inputs: Sequence[tuple[int, Any, str, dict[str, Any]]],
    understood: Sequence[Understanding],
    topics: Sequence[Sequence[UnitTopic | None] | None],
) -> Iterator[Result]:
    for (position, id_, text, others), found, placed in zip(
        inputs, understood, topics, strict=True
    ):
        yield Result(id_, text, found, others, placed, position)
