"""What runs on an executor: models loaded once a Python process, batches in, batches out."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from feedback_nlp.batch.plan import TopicPlan
from feedback_nlp.build import reader_version
from feedback_nlp.config import PipelineConfig
from feedback_nlp.errors import ArtifactError
from feedback_nlp.labels import Depth

if TYPE_CHECKING:
    import pyarrow as pa

    from feedback_nlp.batch.topics import TopicFinder
    from feedback_nlp.understanding.engine import Engine


@dataclass(frozen=True, slots=True)
class Task:
    """All that an executor must know; travels with the function.

    Attributes:
        config: The analysis, as JSON.
        text: Name of the text column.
        prefix: Put before the names of the new columns.
        depth: How closely rows are read.
        versions: Models and code of the driver; an executor with others refuses to work.
        archive: Name under which Spark has unpacked a models folder of one's own.
        topics: What units are put into, if that is wanted.
    """

    config: str
    text: str
    prefix: str = ""
    depth: Depth = Depth.FAST
    versions: Mapping[str, str] = field(default_factory=dict)
    archive: str | None = None
    topics: TopicPlan | None = None

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Read batches: what ``mapInArrow`` calls, once a partition."""
        from threadpoolctl import threadpool_limits  # noqa: PLC0415 - on the executor

        from feedback_nlp.library.frames import classify_batches  # noqa: PLC0415

        engine, finder = loaded(self)
        with threadpool_limits(1, user_api="blas"):  # Spark gives each process one core
            yield from classify_batches(engine, batches, self.text, self.prefix, finder)


# One entry: a Python worker of Spark is used again by the tasks of one job after another.
_LOADED: dict[str, tuple[Engine, TopicFinder | None]] = {}


def loaded(task: Task) -> tuple[Engine, TopicFinder | None]:
    """Return the models of a task, loaded by the first that asks in this process.

    Raises:
        ArtifactError: If they are not the driver's.
    """
    key = f"{task.config}\0{task.depth}\0{task.archive}\0{sorted(task.versions.items())}"
    if key not in _LOADED:
        _LOADED.clear()
        _LOADED[key] = _load(task)
        gc.collect()
        gc.freeze()  # models and modules stay: the collector's rounds need not pass through them
    return _LOADED[key]


def _load(task: Task) -> tuple[Engine, TopicFinder | None]:
    from feedback_nlp.batch.topics import TopicFinder  # noqa: PLC0415 - loads the store
    from feedback_nlp.understanding.engine import Engine  # noqa: PLC0415

    if task.archive is not None:
        os.environ["FEEDBACK_MODELS_DIR"] = str(_unpacked(task.archive))
    config = PipelineConfig.model_validate_json(task.config)
    engine = Engine.load(config, task.depth)
    finder = TopicFinder(task.topics, config) if task.topics is not None else None
    here = versions_of(engine, finder)
    differing = sorted(
        name for name in {*here, *task.versions} if here.get(name) != task.versions.get(name)
    )
    if differing:
        told = "；".join(
            f"{name}：这里 {here.get(name, '没有')}，驱动端 {task.versions.get(name, '没有')}"
            for name in differing
        )
        raise ArtifactError(
            f"执行器上的模型或程序和驱动端的不同（{told}）",
            reason="executor-differs",
            hint="给所有机器同一个打包环境：spark-submit --archives，见 docs/cluster.md",
        )
    return engine, finder


def versions_of(engine: Engine, finder: TopicFinder | None) -> dict[str, str]:
    """Return the versions of all that decides a result: models, code, topics."""
    topics = {} if finder is None else finder.versions
    return {**engine.versions, "reader": reader_version(), **topics}


def _unpacked(archive: str) -> Path:
    from pyspark import SparkFiles  # noqa: PLC0415 - an extra

    folder = Path(SparkFiles.get(archive))
    if not folder.is_dir():
        raise ArtifactError(
            f"执行器上没有模型目录 {archive}",
            reason="executor-without-models",
            hint="在提交作业的那个 Spark 会话里再运行一次",
        )
    return folder
