"""Before and after a release: people a week who still asked, and what would have been otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup
from sqlmodel import Session

from feedback_api.desk.links import href_of, week_words
from feedback_api.services import Services
from feedback_nlp.labels import Measure, Verdict, label
from feedback_nlp.requests.verifying import words_of
from feedback_nlp.store.tables import Verification
from feedback_nlp.week.counting import count
from feedback_nlp.week.item_records import Count
from feedback_nlp.weeks import Week

_BEFORE, _AFTER = 5, 5
_WIDTH, _STEP, _HEIGHT, _FOOT, _HEAD = 26, 36, 132, 20, 30


@dataclass(frozen=True, slots=True)
class Checked:
    """One release as it is shown.

    Attributes:
        verdict: In Chinese.
        words: The figures in a sentence.
        chart: People a week as SVG.
        is_decided: Whether it will be looked at no more.
    """

    row: Verification
    verdict: str
    words: str
    chart: Markup
    is_decided: bool


def checked(services: Services, key: str, row: Verification) -> Checked:
    """Return one release of a request with its chart."""
    zone = services.settings.zone
    release = Week(*row.released_on.isocalendar()[:2])
    now = Week.of(services.now(), zone)
    last = min(release.shift(_AFTER), now, key=lambda week: week.since(release))
    weeks = [release.shift(by) for by in range(-_BEFORE, last.since(release) + 1)]

    def series(session: Session) -> tuple[list[Count], list[Count]]:
        own = [_people(session, services, request=key, week=str(week)) for week in weeks]
        others = [_people(session, services, problem=True, week=str(week)) for week in weeks]
        return own, others

    own, others = services.kept(("desk-verified", key, row.event_id, str(now)), series)
    told = [at for at, number in enumerate(others) if number.value] or [_BEFORE]
    begun, end = min(told[0], _BEFORE), max(told[-1], _BEFORE) + 1  # where there are data
    own, others, weeks, before = (
        own[begun:end],
        others[begun:end],
        weeks[begun:end],
        _BEFORE - begun,
    )
    verdict = Verdict(row.verdict)
    return Checked(
        row,
        label(verdict),
        words_of(row),
        before_after(own, expected(own, others, before), [str(week) for week in weeks], before),
        verdict is not Verdict.WAITING,
    )


def expected(own: Sequence[Count], others: Sequence[Count], before: int) -> list[float]:
    """Return people a week that the other problems' course would have brought.

    The level before the release, moved as all who told of a problem moved.
    """
    base = sum(number.value for number in others[:before])
    level = sum(number.value for number in own[:before])
    return [level * number.value / base if base else 0.0 for number in others]


def before_after(
    own: Sequence[Count], course: Sequence[float], weeks: Sequence[str], release: int
) -> Markup:
    """Return the chart: a column a week that opens its rows, the expected course as a line.

    Args:
        own: People a week, oldest first.
        course: What would have been expected, for each week.
        weeks: Their names.
        release: Index of the week of the release.
    """
    top = max([1.0, *(float(number.value) for number in own), *course])
    tall = _HEIGHT - _FOOT - _HEAD

    def y(value: float) -> float:
        return _HEIGHT - _FOOT - value / top * tall

    marks = [
        _column(number, week, index, y(number.value), is_after=index > release)
        for index, (number, week) in enumerate(zip(own, weeks, strict=True))
    ]
    points = " ".join(
        f"{index * _STEP + _STEP / 2:.1f},{y(value):.1f}" for index, value in enumerate(course)
    )
    line = Markup('<polyline class="course" points="{}"/>').format(points)
    at = release * _STEP + _STEP / 2
    mark = Markup(
        '<line class="release" x1="{0:.1f}" x2="{0:.1f}" y1="12" y2="{1}"/>'
        '<text class="mark" x="{0:.1f}" y="9" text-anchor="middle">发布</text>'
    ).format(at, _HEIGHT - _FOOT)
    width = len(own) * _STEP
    return Markup(
        '<svg class="before-after" width="{0}" height="{1}" viewBox="0 0 {0} {1}" role="group" '
        'aria-label="发布前后每周多少人提到">{2}{3}{4}</svg>'
    ).format(width, _HEIGHT, Markup("").join(marks), line, mark)


def _column(number: Count, week: str, index: int, y: float, *, is_after: bool) -> Markup:
    left = index * _STEP + (_STEP - _WIDTH) / 2
    return Markup(
        '<a href="{0}" class="n" data-n="{1}" aria-label="{2} {1} 人">'
        '<rect class="hit" x="{3}" y="0" width="{4}" height="{5}"/>'
        '<rect class="{6}" x="{3}" y="{7:.1f}" width="{4}" height="{8:.1f}" rx="2"/>'
        '<text class="value" x="{9}" y="{10:.1f}" text-anchor="middle">{1}</text></a>'
        '<text class="week plain" x="{9}" y="{11}" text-anchor="middle" aria-hidden="true">{12}</text>'
    ).format(
        href_of(number),
        number.value,
        week_words(week),
        left,
        _WIDTH,
        _HEIGHT,
        "bar now" if is_after else "bar",
        y,
        max(_HEIGHT - _FOOT - y, 1.0),
        left + _WIDTH / 2,
        y - 3,
        _HEIGHT - 5,
        week.rsplit("-W", maxsplit=1)[-1],
    )


def _people(session: Session, services: Services, **where: object) -> Count:
    conditions = {**where, "counted": True}
    value = count(session, Measure.PEOPLE, conditions, services.settings.zone)
    return Count(value, Measure.PEOPLE, conditions)
