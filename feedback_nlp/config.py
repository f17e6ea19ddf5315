"""The analysis in one readable file: thresholds, seeds and weights from ``pipeline.toml``.

The shipped file is versioned with the code; a deployment may point
``FEEDBACK_PIPELINE`` at its own. Every run copies the whole configuration into its
record, so that it can be repeated.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from feedback_nlp.errors import ConfigError

_SHIPPED = Path(__file__).with_name("pipeline.toml")


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class CleanConfig(_Section):
    """Near duplicates and bursts. Shares are 0–1."""

    near_duplicate_jaccard: float = Field(gt=0, le=1)
    near_duplicate_min_chars: int = Field(ge=1)
    burst_min_items: int = Field(ge=2)
    burst_window_hours: float = Field(gt=0)


class SegmentConfig(_Section):
    """Where feedback is cut into units. Lengths are in characters."""

    min_unit_chars: int = Field(ge=1)
    max_unit_chars: int = Field(ge=10)


class SentimentConfig(_Section):
    """Which scorer, and where mixed begins."""

    scorer: str
    mixed_min_share: float = Field(ge=0, le=0.5)


class EmbedConfig(_Section):
    """Which embedder."""

    backend: str
    model: str = ""
    base_url: str = ""


class TopicsConfig(_Section):
    """Clustering and naming."""

    seed: int
    neighbours: int = Field(ge=2)
    resolution: float = Field(gt=0)
    min_topic_size: int = Field(ge=2)
    assign_min_similarity: float = Field(ge=-1, le=1)
    sample_size: int = Field(ge=100)


class RankConfig(_Section):
    """Weights of the priority's parts; they are normalised to sum to 1."""

    version: str
    weights: dict[str, float]
    bootstrap_samples: int = Field(ge=0)
    seed: int


class ReportConfig(_Section):
    """When a change counts as a movement."""

    new_after_quiet_weeks: int = Field(ge=1)
    min_change_count: int = Field(ge=1)
    min_change_ratio: float = Field(gt=1)
    quote_count: int = Field(ge=1)


class PipelineConfig(_Section):
    """The whole configuration, one section a stage."""

    version: str
    clean: CleanConfig
    segment: SegmentConfig
    sentiment: SentimentConfig
    embed: EmbedConfig
    topics: TopicsConfig
    rank: RankConfig
    report: ReportConfig


def load_config(path: Path | None = None) -> PipelineConfig:
    """Read the shipped ``pipeline.toml``, with ``path`` laid over it section by section.

    Args:
        path: A deployment's own file; it may name only what differs.

    Raises:
        ConfigError: If a file cannot be read or a value is not usable.
    """
    merged = _read(_SHIPPED)
    if path is not None:
        for name, section in _read(path).items():
            base = merged.get(name)
            merged[name] = (
                {**base, **section}
                if isinstance(base, dict) and isinstance(section, dict)
                else section
            )
    try:
        return PipelineConfig.model_validate(merged)
    except ValidationError as error:
        problems = "；".join(
            f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}" for problem in error.errors()
        )
        raise ConfigError(
            f"配置不可用：{problems}", hint="对照随包的 pipeline.toml 修改"
        ) from error


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"读不到配置文件 {path}", hint="检查 FEEDBACK_PIPELINE") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path} 不是合法的 TOML：{error}", hint="检查语法") from error
