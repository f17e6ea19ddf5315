"""Data frames of Spark: the columns of a reading, topics of a database, topics anew."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from feedback_nlp.batch.arrow import result_fields
from feedback_nlp.batch.plan import TopicPlan
from feedback_nlp.cluster.executor import Task, versions_of
from feedback_nlp.config import PipelineConfig, load_config
from feedback_nlp.errors import ConfigError, InputError
from feedback_nlp.ingest import text_and_key_columns
from feedback_nlp.labels import Depth
from feedback_nlp.understanding.engine import Engine

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_SAMPLE = 12_000
_MODELS_DIR = "FEEDBACK_MODELS_DIR"
_TEXT_TYPES = ("string", "char", "varchar")


def classify(
    frame: DataFrame,
    text: str | None = None,
    *,
    prefix: str = "",
    config: PipelineConfig | None = None,
    depth: Depth | str = Depth.FAST,
    models: Path | str | None = None,
    topics: TopicPlan | str | None = None,
) -> DataFrame:
    """Return the frame with sentiment, score, intent and units of its text column.

    Nothing is read before an action. A missing text is read as an empty one; values are those
    of :meth:`feedback_nlp.Pipeline.classify`, whatever the partitions.

    Args:
        frame: Any frame: Parquet, Hive, Iceberg, by Spark's own readers.
        text: Column of the text; recognised by its name if left out.
        prefix: Put before the names of the new columns.
        config: The analysis; the shipped one by default.
        depth: ``fast`` or ``deep``; the latter wants the extra ``[deep]`` on all machines.
        models: A models folder of one's own; it is sent to each executor once.
        topics: URL of a database (or topics read from one) whose living topics units join.

    Raises:
        InputError: If the text column is not there or holds no text, or a new column is
            there already.
        ArtifactError: If a model is missing or damaged, here or on an executor.
    """
    task = make_task(
        frame, text, prefix=prefix, config=config, depth=depth, models=models, topics=topics
    )
    return apply(task, frame)


def make_task(
    frame: DataFrame,
    text: str | None = None,
    *,
    prefix: str = "",
    config: PipelineConfig | None = None,
    depth: Depth | str = Depth.FAST,
    models: Path | str | None = None,
    topics: TopicPlan | str | None = None,
) -> Task:
    """Load the models once here, so that executors can be held to their versions.

    Args and errors: see :func:`classify`.
    """
    from feedback_nlp.batch.topics import TopicFinder, read_topics  # noqa: PLC0415 - loads the store

    text = _text_column(frame, text)
    config = config if config is not None else load_config()
    plan = read_topics(topics) if isinstance(topics, str) else topics
    with _own_models(models):
        engine = Engine.load(config, Depth(depth))
    finder = TopicFinder(plan, config) if plan is not None else None
    return Task(
        config=config.model_dump_json(),
        text=text,
        prefix=prefix,
        depth=Depth(depth),
        versions=versions_of(engine, finder),
        archive=_ship(frame.sparkSession, Path(models)) if models is not None else None,
        topics=plan,
    )


def apply(task: Task, frame: DataFrame) -> DataFrame:
    """Return a frame with the columns that a task adds.

    Raises:
        InputError: If the frame has one of them already.
    """
    import pyarrow as pa  # noqa: PLC0415
    from pyspark.sql.pandas.types import from_arrow_schema  # noqa: PLC0415 - an extra

    fields = [
        field.with_name(task.prefix + field.name)
        for field in result_fields(topics=task.topics is not None)
    ]
    if taken := [field.name for field in fields if field.name in frame.columns]:
        raise InputError(f"已经有列 {'、'.join(taken)}", hint="用 prefix= 给新列加前缀")
    added = from_arrow_schema(pa.schema(fields))
    schema = type(frame.schema)([*frame.schema.fields, *added.fields])
    return frame.mapInArrow(task, schema)


@dataclass(frozen=True, slots=True)
class Discovery:
    """Topics found in a sample, for all rows to be put into.

    Attributes:
        topics: Name and share of the sample's units of each, largest first.
        plan: The topics, for the ``topics`` of :func:`classify`.
        sampled: Texts they were found in.
        unassigned: Share (0–1) of the sample's units in none.
    """

    topics: Sequence[tuple[str, float]]
    plan: TopicPlan
    sampled: int
    unassigned: float


def discover(
    frame: DataFrame,
    text: str | None = None,
    *,
    sample: int = _SAMPLE,
    config: PipelineConfig | None = None,
) -> Discovery:
    """Find topics in a sample of a frame: sample → read → cluster here → assign anywhere.

    The sample is the texts with the lowest hash, so the same frame gives the same topics
    however it is cut.

    Args:
        frame: Any frame.
        text: Column of the text; recognised by its name if left out.
        sample: Texts to look at, different ones; 12,000 take about a minute.
        config: The analysis; the shipped one by default.

    Raises:
        InputError: If the text column is not there, or there is not enough text for a topic.
    """
    from pyspark.sql import functions as sql  # noqa: PLC0415 - an extra

    from feedback_nlp.pipeline import Analyst  # noqa: PLC0415
    from feedback_nlp.topics import UNASSIGNED, KnownTopic, TopicUnit  # noqa: PLC0415

    config = config if config is not None else load_config()
    text = _text_column(frame, text)
    texts = frame.select(sql.col(_quoted(text)).alias("text")).where("trim(text) != ''").distinct()
    seeded = texts.orderBy(sql.xxhash64("text", sql.lit(config.topics.seed)), "text")
    chosen = [row[0] for row in seeded.limit(sample).collect()]
    analyst = Analyst.load(config)
    said = [
        (place, unit) for place, one in enumerate(analyst.understand(chosen)) for unit in one.units
    ]
    units = [
        TopicUnit(number, place, unit.text, unit.intent, unit.sentiment_score)
        for number, (place, unit) in enumerate(said)
    ]
    if len(units) < config.topics.min_topic_size:
        raise InputError(
            f"只有 {len(units)} 个观点，一个主题至少要 {config.topics.min_topic_size} 个",
            hint="换一张更大的表，或检查文字列",
        )
    found = analyst.find_topics(units)
    sizes = [int((found.assignment == number).sum()) for number in range(len(found.topics))]
    order = sorted(range(len(sizes)), key=lambda number: -sizes[number])
    known = [
        KnownTopic(str(place + 1), topic.name, topic.kind, topic.centroid)
        for place, topic in enumerate(found.topics[number] for number in order)
    ]
    return Discovery(
        topics=[(found.topics[number].name, sizes[number] / len(units)) for number in order],
        plan=TopicPlan(tuple(known)),
        sampled=len(chosen),
        unassigned=float((found.assignment == UNASSIGNED).mean()),
    )


def _text_column(frame: DataFrame, text: str | None) -> str:
    names = frame.columns
    text = text if text is not None else text_and_key_columns(names)[0]
    if text is None or text not in names:
        raise InputError(
            f"没有文字列 {text!r}" if text else "看不出哪一列是文字",
            hint=f"用 text= 指明，可用的列：{'、'.join(names)}",
        )
    kind = dict(frame.dtypes)[text]
    if not kind.startswith(_TEXT_TYPES):
        raise InputError(f"{text} 列是 {kind}，应是文字", hint="换一列，或先 cast 成 string")
    return text


def _quoted(name: str) -> str:
    return f"`{name.replace('`', '``')}`"


@contextmanager
def _own_models(folder: Path | str | None) -> Iterator[None]:
    """Let models be looked for in a folder of one's own first, for as long as it takes to load."""
    before = os.environ.get(_MODELS_DIR)
    if folder is not None:
        os.environ[_MODELS_DIR] = str(Path(folder).resolve())
    try:
        yield
    finally:
        os.environ.pop(_MODELS_DIR, None)
        if before is not None:
            os.environ[_MODELS_DIR] = before


def _ship(session: SparkSession, folder: Path) -> str:
    """Send a models folder to the executors, once; return its name there."""
    manifests = sorted(folder.glob("*/manifest.json"))
    if not manifests:
        raise ConfigError(f"{folder} 里没有模型", hint="模型目录的每个子目录里有一个 manifest.json")
    seen = hashlib.sha256(b"".join(path.read_bytes() for path in manifests))
    name = f"feedback-models-{seen.hexdigest()[:12]}"
    context = session.sparkContext
    if not any(name in path for path in context.listArchives):
        parent = Path(tempfile.mkdtemp(prefix="feedback-nlp-"))
        context.addArchive(f"{shutil.make_archive(str(parent / name), 'zip', folder)}#{name}")
    return name
