"""How much of what is planted when: ``corpora/demo/plan.toml``, overridable from code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Self

from feedback_nlp.resources import read_tables
from feedback_nlp.weeks import Week


@dataclass(frozen=True, slots=True)
class Spike:
    """Extra items of one issue on one day.

    Attributes:
        issue: Id of the issue, see ``corpora/demo/issues.toml``.
        day: Days since the first Monday, from 0.
        count: How many more.
        channel: One of the plan's channels; ``None`` for the issue's usual mix.
    """

    issue: str
    day: int
    count: int
    channel: str | None = None


@dataclass(frozen=True, slots=True)
class Version:
    """A release: its name and the day (0 = first Monday) it came out."""

    name: str
    day: int


@dataclass(frozen=True, slots=True)
class Plan:
    """All quantities of a demo data set.

    Attributes:
        first_week: ISO week of day 0.
        product: Name of the invented app.
        users: Size of the population.
        rates: Items a week by issue (and ``praise``, ``seasonal``, ``vents``, ``chat``);
            as many weeks as the longest list.
        channels: Share of each channel, 0–1.
        channel_shares: The same for issues that differ.
        versions: Releases in order.
        only_in_version: Issues that exist only from a version on.
        repaired_by: Issues that a version ends: later reports come from older versions.
        planted: Counts and shares of the other facts.
        people: Words for names, places and devices.
        releases: What the team says a version repaired, as (issue, version).
        spikes: Extra items.
    """

    first_week: Week
    product: str
    users: int
    rates: Mapping[str, Sequence[int]]
    channels: Mapping[str, float]
    channel_shares: Mapping[str, Mapping[str, float]]
    versions: Sequence[Version]
    only_in_version: Mapping[str, str]
    repaired_by: Mapping[str, str]
    planted: Mapping[str, Any]
    people: Mapping[str, Sequence[str]]
    releases: Sequence[tuple[str, str]]
    spikes: Sequence[Spike] = ()

    @classmethod
    def shipped(cls) -> Self:
        """Read the plan that comes with the package."""
        data = read_tables("demo/plan.toml")
        return cls(
            first_week=Week.parse(data["first_week"]),
            product=data["product"],
            users=data["users"],
            rates=data["rates"],
            channels=data["channels"],
            channel_shares=data["channel_shares"],
            versions=[Version(**version) for version in data["versions"]],
            only_in_version=data["only_in_version"],
            repaired_by=data["repaired_by"],
            planted=data["planted"],
            people=data["people"],
            releases=[(item["issue"], item["version"]) for item in data["releases"]],
        )

    def varied(
        self,
        *,
        rates: Mapping[str, Sequence[int]] | None = None,
        spikes: Sequence[Spike] = (),
        first_week: Week | None = None,
        planted: Mapping[str, Any] | None = None,
    ) -> Self:
        """Return a plan with some rates, planted counts or the first week replaced, and spikes."""
        return replace(
            self,
            rates={**self.rates, **(rates or {})},
            spikes=(*self.spikes, *spikes),
            first_week=first_week or self.first_week,
            planted={**self.planted, **(planted or {})},
        )

    @property
    def week_count(self) -> int:
        """Number of weeks."""
        return max(map(len, self.rates.values()))

    @property
    def weeks(self) -> list[Week]:
        """All weeks in order."""
        return [self.first_week.shift(number) for number in range(self.week_count)]

    def at(self, day: int, seconds: int = 0) -> datetime:
        """Return the naive local moment ``seconds`` after midnight of ``day``."""
        monday = date.fromisocalendar(self.first_week.year, self.first_week.number, 1)
        return datetime.combine(monday, datetime.min.time()) + timedelta(days=day, seconds=seconds)

    def release(self, version: str) -> Version:
        """Return a version by name.

        Raises:
            KeyError: If the plan has no such version.
        """
        return {release.name: release for release in self.versions}[version]

    def shares(self, issue: str) -> Mapping[str, float]:
        """Return the channel shares of an issue."""
        return self.channel_shares.get(issue, self.channels)
