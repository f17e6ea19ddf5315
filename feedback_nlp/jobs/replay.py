"""The replay job: rank a past week again, with other weights if wanted.

Reads the rows as they are now and writes nothing. The same rows and the same weights
give the same bytes.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import ValidationError
from sqlmodel import Session

from feedback_nlp.config import PipelineConfig, RankConfig, read_config_file
from feedback_nlp.errors import ConfigError
from feedback_nlp.pipeline import tell_week
from feedback_nlp.validation_words import described
from feedback_nlp.week.item_records import TopicFigures


@dataclass(frozen=True, slots=True)
class Replayed:
    """One topic under the other weights.

    Attributes:
        position, score, low, high: With the replayed weights.
        position_before, score_before: With the configured ones; ``None`` if not in that list.
    """

    topic_id: int
    name: str
    position: int
    score: float
    low: float
    high: float
    parts: dict[str, float]
    position_before: int | None
    score_before: float | None
    why: str


@dataclass(frozen=True, slots=True)
class Replay:
    """A week's ranking, made again."""

    week: str
    product: str | None
    weights: dict[str, float]
    weights_version: str
    topics: tuple[Replayed, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return JSON-serialisable values."""
        return asdict(self)


def read_rank_config(path: Path, base: RankConfig) -> RankConfig:
    """Read the ``[rank]`` section of a TOML file over ``base``; it may name only what differs.

    Raises:
        ConfigError: If the file cannot be read or a value is not usable.
    """
    content = read_config_file(path, setting="权重文件的路径")
    section = content.get("rank")
    if not isinstance(section, dict):
        raise ConfigError(f"{path} 里没有 [rank] 一节", hint="照 pipeline.toml 的 [rank] 写")
    try:
        return RankConfig.model_validate({**base.model_dump(), **section})
    except ValidationError as error:
        problems = "；".join(
            f"{'.'.join(map(str, problem['loc'])) or 'rank'} {described(dict(problem))}"
            for problem in error.errors(include_url=False)
        )
        raise ConfigError(
            f"权重不可用：{problems}", hint="照 pipeline.toml 的 [rank] 写"
        ) from error


def replay(
    session: Session,
    config: PipelineConfig,
    rank_config: RankConfig,
    *,
    zone: ZoneInfo,
    now: datetime,
    week: str | None = None,
    product: str | None = None,
) -> Replay:
    """Rank a week with ``rank_config`` and set it beside the configured ranking.

    Raises:
        InputError: If ``week`` is not a week.
        NotFound: If there is no feedback or no analysis.
    """

    def topics(with_config: RankConfig) -> tuple[str, tuple[TopicFigures, ...]]:
        digest = tell_week(
            session,
            config.model_copy(update={"rank": with_config}),
            zone=zone,
            now=now,
            week=week,
            product=product,
        )
        return digest.week, digest.topics

    _, before = topics(config.rank)
    chosen, after = topics(rank_config)
    old = {topic.topic_id: topic.priority for topic in before}
    return Replay(
        week=chosen,
        product=product,
        weights=rank_config.weights_for(product),
        weights_version=rank_config.edition,
        topics=tuple(
            Replayed(
                topic_id=topic.topic_id,
                name=topic.name,
                position=topic.priority.position,
                score=topic.priority.score,
                low=topic.priority.low,
                high=topic.priority.high,
                parts=dict(topic.priority.parts),
                position_before=old[topic.topic_id].position if topic.topic_id in old else None,
                score_before=old[topic.topic_id].score if topic.topic_id in old else None,
                why=topic.why,
            )
            for topic in after
        ),
    )
