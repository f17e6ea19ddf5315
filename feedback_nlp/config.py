"""The analysis in one readable file: thresholds, seeds and weights from ``pipeline.toml``.

The shipped file is versioned with the code; a deployment may point
``FEEDBACK_PIPELINE`` at its own. Every run copies the whole configuration into its
record, so that it can be repeated.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from feedback_nlp.errors import ConfigError

_SHIPPED = Path(__file__).with_name("pipeline.toml")


_WEEKS_A_MONTH = 365.25 / 12 / 7
_MONTHS_OF_HISTORY = 6


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
    long_resolution: float = Field(gt=0)
    consensus_runs: int = Field(ge=1)
    min_topic_size: int = Field(ge=2)
    anchor_min_score: float = Field(gt=0, lt=1)
    assign_min_similarity: float = Field(ge=-1, le=1)
    max_moved_share: float = Field(ge=0, le=1)
    sample_size: int = Field(ge=100)


class NamingConfig(_Section):
    """Whether a language model proposes names for topics.

    Attributes:
        backend: ``openai`` sends keywords and redacted quotes to ``base_url``.
        model: Model name to send.
        base_url: Up to and including the version, such as ``http://127.0.0.1:8080/v1``.
        max_topics: Topics that one analysis asks for, the largest first.
    """

    backend: Literal["off", "openai"]
    model: str = ""
    base_url: str = ""
    max_topics: int = Field(ge=1)


class RankConfig(_Section):
    """The priority's weights and scales; weights are normalised to sum to 1.

    Attributes:
        version: Version of the weights, copied into every score.
        weights: Weight of each part: people, severity, trend, reach, segment, strategic, ease.
        products: Other weights for single products, by product name.
        bootstrap_samples: Resamples behind the interval; 0 for none.
        seed: Seeds the resampling.
        people_reference: People at which the people part reaches 1.
        people_half_life_weeks: After so many weeks a person counts half.
        trend_history_weeks: Weeks of its own history a subject is compared with.
        trend_damping_people: Count at which a surprise counts half.
        trend_full_surprise: log10 odds that count as the full surprise.
        horizon_weeks: Evidence older than this is not ranked.
        severity_by_intent: 0–1.
        severity_by_signal: 0–1.
        segment_values: Customer value of a segment, 0–1, by segment name.
        request_min_people: People a topic needs to become a request.
    """

    version: str
    weights: dict[str, float]
    products: dict[str, dict[str, float]] = Field(default_factory=dict)
    bootstrap_samples: int = Field(ge=0)
    seed: int = Field(ge=0)
    people_reference: float = Field(gt=0)
    people_half_life_weeks: float = Field(gt=0)
    trend_history_weeks: int = Field(ge=1)
    trend_damping_people: float = Field(ge=0)
    trend_full_surprise: float = Field(gt=0)
    horizon_weeks: int = Field(ge=1)
    severity_by_intent: dict[str, float]
    severity_by_signal: dict[str, float]
    segment_values: dict[str, float] = Field(default_factory=dict)
    request_min_people: int = Field(ge=1)

    @model_validator(mode="after")
    def _usable_weights(self) -> Self:
        known = {"people", "severity", "trend", "reach", "segment", "strategic", "ease"}
        for weights in (self.weights, *self.products.values()):
            unknown = set(weights) - known
            if unknown:
                raise ValueError(f"不认识的权重 {sorted(unknown)}，可用的是 {sorted(known)}")
            if min(weights.values(), default=0) < 0:
                raise ValueError("权重不能为负")
            always_known = sum(weights.get(name, 0) for name in ("people", "severity", "trend"))
            if always_known <= 0:
                raise ValueError("人数、严重程度、趋势三项的权重不能全为 0")
        return self

    def monthly(self) -> Self:
        """Return the same scales with months as the unit of time instead of weeks."""
        return self.model_copy(
            update={
                "people_half_life_weeks": self.people_half_life_weeks / _WEEKS_A_MONTH,
                "trend_history_weeks": _MONTHS_OF_HISTORY,
                "horizon_weeks": max(1, round(self.horizon_weeks / _WEEKS_A_MONTH)),
            }
        )

    @property
    def edition(self) -> str:
        """The version with a fingerprint of the weights: ``1@3fa2c1``.

        Whoever changes a weight and forgets the version still gets another edition.
        """
        content = self.model_dump(
            mode="json",
            include={
                "weights",
                "products",
                "severity_by_intent",
                "severity_by_signal",
                "segment_values",
            },
        )
        canonical = json.dumps(content, sort_keys=True, ensure_ascii=False).encode()
        return f"{self.version}@{hashlib.sha256(canonical).hexdigest()[:6]}"

    def weights_for(self, product: str | None) -> dict[str, float]:
        """Return the product's own weights, or the general ones."""
        return self.products.get(product or "", self.weights)


class ReportConfig(_Section):
    """When a change counts as a movement. Counts are people.

    Attributes:
        new_after_quiet_weeks: A topic that was silent so long counts as new again.
        new_min_people: Fewer people than this are no new topic yet.
        baseline_weeks: Weeks before whose mean a week is compared with.
        min_change_count: Smallest change against the baseline that is worth telling.
        min_change_ratio: Smallest factor, up or down, that is worth telling.
        series_weeks: Length of the small charts.
        quote_count: Quotes a topic.
        top_count: Topics in the ranking that people see.
        driver_min_count: Rated feedback a topic needs before it may drive the stars.
        promise_weeks: After so many weeks a planned request is called an old promise.
    """

    new_after_quiet_weeks: int = Field(ge=1)
    new_min_people: int = Field(ge=1)
    baseline_weeks: int = Field(ge=1)
    min_change_count: int = Field(ge=1)
    min_change_ratio: float = Field(gt=1)
    series_weeks: int = Field(ge=2)
    quote_count: int = Field(ge=1)
    top_count: int = Field(ge=1)
    driver_min_count: int = Field(ge=2)
    promise_weeks: int = Field(ge=1)

    def monthly(self) -> Self:
        """Return the thresholds for a month beside months; ``promise_weeks`` stays in weeks."""
        return self.model_copy(
            update={
                "new_after_quiet_weeks": max(1, round(self.new_after_quiet_weeks / _WEEKS_A_MONTH)),
                "baseline_weeks": _MONTHS_OF_HISTORY // 2,
            }
        )


class AlertsConfig(_Section):
    """When a day is worth waking someone. Counts are people.

    Attributes:
        baseline_days: Days before whose level a day is compared with.
        min_history_days: Days of data before the first alert.
        windows: Lengths in days of the stretches that are tested, ending on each day.
        min_people: Smallest stretch that is worth an alert.
        min_ratio: Smallest factor over what was expected.
        holiday_min_ratio: The same on holidays and shopping festivals, when people behave
            differently topic by topic.
        max_p_value: Largest chance of so many people without a cause.
        overdispersion: Extra variance of daily counts: mean + overdispersion × mean².
        calendar_people: Weight, in people, of the calendar against the day's own volume.
        cooldown_days: Quiet days after which the same topic may alert again.
        settle_days: Days a release is given before a relapse is called.
        relapse_share: Share of the level before the release that counts as a relapse.
    """

    baseline_days: int = Field(ge=7)
    min_history_days: int = Field(ge=7)
    windows: tuple[int, ...] = Field(min_length=1)
    min_people: int = Field(ge=1)
    min_ratio: float = Field(gt=1)
    holiday_min_ratio: float = Field(gt=1)
    max_p_value: float = Field(gt=0, lt=1)
    overdispersion: float = Field(ge=0)
    calendar_people: float = Field(ge=0)
    cooldown_days: int = Field(ge=1)
    settle_days: int = Field(ge=0)
    relapse_share: float = Field(gt=0, le=1)


class PipelineConfig(_Section):
    """The whole configuration, one section a stage."""

    version: str
    clean: CleanConfig
    segment: SegmentConfig
    sentiment: SentimentConfig
    embed: EmbedConfig
    topics: TopicsConfig
    naming: NamingConfig
    rank: RankConfig
    report: ReportConfig
    alerts: AlertsConfig


def load_config(path: Path | None = None) -> PipelineConfig:
    """Read the shipped ``pipeline.toml``, with ``path`` laid over it section by section.

    Args:
        path: A deployment's own file; it may name only what differs.

    Raises:
        ConfigError: If a file cannot be read or a value is not usable.
    """
    merged = read_toml(_SHIPPED)
    if path is not None:
        for name, section in read_toml(path).items():
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


def read_toml(path: Path, *, setting: str = "环境变量 FEEDBACK_PIPELINE") -> dict[str, Any]:
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
