"""What is told of a week and of a day: when a change is one, and how much is shown."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field

from feedback_nlp.config.section import Section
from feedback_nlp.config.spans import MONTHS_OF_HISTORY, WEEKS_A_MONTH
from feedback_nlp.labels import RequestStatus


class ReportConfig(Section):
    """When a change counts as a movement. Counts are people.

    Attributes:
        new_after_quiet_weeks: A topic that was silent so long counts as new again.
        new_min_people: Fewer people than this are no new topic yet.
        baseline_weeks: Weeks before whose mean a week is compared with.
        min_change_count: Smallest change against the baseline that is worth telling.
        min_change_ratio: Smallest factor, up or down, that is worth telling.
        series_weeks: Length of the small charts.
        quote_count: Quotes a topic.
        praise_count: Topics of praise that a digest names.
        doubtful_count: Feedback with stars against words that a digest quotes.
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
    praise_count: int = Field(ge=0)
    doubtful_count: int = Field(ge=0)
    top_count: int = Field(ge=1)
    driver_min_count: int = Field(ge=2)
    promise_weeks: int = Field(ge=1)

    def monthly(self) -> Self:
        """Return the thresholds for a month beside months; ``promise_weeks`` stays in weeks."""
        return self.model_copy(
            update={
                "new_after_quiet_weeks": max(1, round(self.new_after_quiet_weeks / WEEKS_A_MONTH)),
                "baseline_weeks": MONTHS_OF_HISTORY // 2,
            }
        )


class LoopConfig(Section):
    """How long a request may stay where it is.

    Attributes:
        business_days: By status; a status that is not named has no limit.
    """

    business_days: dict[RequestStatus, Annotated[int, Field(ge=0, le=1_000)]]


class AlertsConfig(Section):
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
        new_quiet_days: Days without anyone after which a topic that stands out is new, or has
            come back if it was known before.
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
    new_quiet_days: int = Field(ge=1)
    relapse_share: float = Field(gt=0, le=1)


class VerificationConfig(Section):
    """When a release counts as verified. Counts are person-days.

    Attributes:
        before_days: Days before the release that it is compared with.
        settle_days: Days after the day of the release that are left out: updates take time.
        after_days: Days after that over which it is judged; then it stays undecided.
        min_days: Days after it settled before any verdict.
        min_expected: Fewest person-days that would have been expected without the release.
        fixed_ratio: At most this share (0–1) of what was expected may be left of a fixed problem.
        odds: How many times likelier one verdict must be than the other, while it is watched.
        final_odds: The same on the last day of the watch.
        z: Half-width of the interval that is shown, in standard errors.
        wandering: Variance of logarithms by which topics stray by themselves, until the
            controls say otherwise.
    """

    before_days: int = Field(ge=7)
    settle_days: int = Field(ge=0)
    after_days: int = Field(ge=7)
    min_days: int = Field(ge=1)
    min_expected: float = Field(gt=0)
    fixed_ratio: float = Field(gt=0, lt=1)
    odds: float = Field(gt=1)
    final_odds: float = Field(gt=1)
    z: float = Field(gt=0)
    wandering: float = Field(ge=0)
