"""The analysis in one readable file: thresholds, seeds and weights from ``pipeline.toml``.

The shipped file is versioned with the code; a deployment may point
``FEEDBACK_PIPELINE`` at its own. Every run copies the whole configuration into its
record, so that it can be repeated.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from feedback_nlp.config.ranking import RankConfig
from feedback_nlp.config.section import Section
from feedback_nlp.config.stages import (
    CleanConfig,
    EmbedConfig,
    LedgerConfig,
    NamingConfig,
    ReadingConfig,
    SegmentConfig,
    SentimentConfig,
    TopicsConfig,
)
from feedback_nlp.config.watching import (
    AlertsConfig,
    LoopConfig,
    ReportConfig,
    VerificationConfig,
)
from feedback_nlp.errors import ConfigError
from feedback_nlp.validation_words import described

__all__ = [
    "AlertsConfig",
    "CleanConfig",
    "EmbedConfig",
    "LedgerConfig",
    "LoopConfig",
    "NamingConfig",
    "PipelineConfig",
    "RankConfig",
    "ReadingConfig",
    "ReportConfig",
    "SegmentConfig",
    "SentimentConfig",
    "TopicsConfig",
    "VerificationConfig",
    "load_config",
    "read_config_file",
]

_SHIPPED = Path(__file__).parents[1] / "pipeline.toml"


class PipelineConfig(Section):
    """The whole configuration, one section a stage."""

    version: str
    clean: CleanConfig
    reading: ReadingConfig
    segment: SegmentConfig
    sentiment: SentimentConfig
    embed: EmbedConfig
    topics: TopicsConfig
    naming: NamingConfig
    rank: RankConfig
    report: ReportConfig
    alerts: AlertsConfig
    loop: LoopConfig
    verification: VerificationConfig


def load_config(path: Path | None = None) -> PipelineConfig:
    """Read the shipped ``pipeline.toml``, with ``path`` laid over it section by section.

    Args:
        path: A deployment's own file; it may name only what differs.

    Raises:
        ConfigError: If a file cannot be read or a value is not usable.
    """
    merged = read_config_file(_SHIPPED)
    if path is not None:
        merged = _laid_over(PipelineConfig, merged, read_config_file(path))
    try:
        return PipelineConfig.model_validate(merged)
    except ValidationError as error:
        problems = "；".join(
            f"{'.'.join(map(str, problem['loc']))} {described(dict(problem))}"
            for problem in error.errors()
        )
        raise ConfigError(
            f"配置不可用：{problems}", hint="对照随包的 pipeline.toml 修改"
        ) from error


def _laid_over(
    kind: type[BaseModel], base: Mapping[str, Any], own: Mapping[str, Any]
) -> dict[str, Any]:
    """Lay a deployment's values over the shipped ones, section by section; a table is a value."""
    merged = dict(base)
    for name, value in own.items():
        field = kind.model_fields.get(name)
        section = field.annotation if field else None
        if isinstance(section, type) and issubclass(section, Section) and isinstance(value, dict):
            merged[name] = _laid_over(section, merged.get(name, {}), value)
        else:
            merged[name] = value
    return merged


def read_config_file(path: Path, *, setting: str = "环境变量 FEEDBACK_PIPELINE") -> dict[str, Any]:
    """Read a TOML file that ``setting`` named.

    Raises:
        ConfigError: If it cannot be read or is not TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"读不到配置文件 {path}", hint=f"检查{setting}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"{path} 不是合法的 TOML：{error}",
            hint='检查语法；中文的键要加引号，例如 segment_values = { "会员" = 1.0 }',
        ) from error
