"""How topics and requests are ranked: weights and scales."""

from __future__ import annotations

import hashlib
import json
from typing import Self

from pydantic import Field, model_validator

from feedback_nlp.config.section import Section
from feedback_nlp.config.spans import MONTHS_OF_HISTORY, WEEKS_A_MONTH


class RankConfig(Section):
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
        usual_week_min_share: A week with a smaller share of the people that the weeks before
            it had (their median) is thin: no list and no stored priority is about it.
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
    usual_week_min_share: float = Field(gt=0, lt=1)
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
                "people_half_life_weeks": self.people_half_life_weeks / WEEKS_A_MONTH,
                "trend_history_weeks": MONTHS_OF_HISTORY,
                "horizon_weeks": max(1, round(self.horizon_weeks / WEEKS_A_MONTH)),
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
