"""The accuracy card: a blind sample of a week, read in two minutes, and what it says."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple
from urllib.parse import urlencode

from fastapi import Request, Response
from sqlmodel import Session

from feedback_api.desk import rendering
from feedback_api.desk.edge import Posted, PostedDep, router
from feedback_api.desk.shell import shell_of
from feedback_api.services import ServicesDep
from feedback_nlp.editing import Edit, judging, sampling
from feedback_nlp.editing.sampling import Agreement
from feedback_nlp.errors import InputError
from feedback_nlp.evaluation.classification import wilson_interval
from feedback_nlp.labels import Sentiment, label
from feedback_nlp.weeks import Week

pages = router()

_FEELINGS = (Sentiment.POS, Sentiment.NEU, Sentiment.NEG)
_ASKED_WEEKS = 12


class Precision(NamedTuple):
    """A share with its interval, all 0–1."""

    word: str
    right: int
    judged: int
    share: float
    low: float
    high: float


@pages.get("/data/sample")
def show_sample(request: Request, services: ServicesDep) -> Response:
    """What is left to read of a week's sample."""
    shell = shell_of(request, services, "/data")
    with services.database.read() as session:
        week = _week(
            shell.chosen["week"]
            or default_week(shell.weeks, Week.of(services.now(), services.settings.zone))
        )
        units = sampling.to_judge(session, week, services.settings.zone)
        told = precisions(sampling.agreements(session))
    return rendering.page(
        request,
        "sample.html",
        shell,
        week=week,
        units=units,
        told=told,
        feelings=[(value.value, label(value)) for value in _FEELINGS],
    )


@pages.post("/data/sample")
def take_sample(services: ServicesDep, form: PostedDep) -> Response:
    """Store what a person read; what was skipped is asked again."""
    from feedback_nlp.jobs.topic_edits import TopicDesk  # noqa: PLC0415 - knows all stages

    week = _week(form.text("week"))
    edit = Edit(actor=form.actor, now=services.now())
    with services.database.write() as session:
        desk = TopicDesk(session, services.config, services.settings.zone, edit)
        read = _read(form)
        number = desk.apply(lambda session, edit: sampling.answer(session, week, read, edit))
    units = ",".join(str(unit) for unit in read)
    undo = {"action": "/data/sample/undo", "week": week, "units": units, "actor": form.actor}
    here = f"/data?sampled={week}#accuracy"
    return rendering.done(here, f"收下 {number} 句的判断，谢谢。", undo)


@pages.post("/data/sample/undo")
def undo_sample(services: ServicesDep, form: PostedDep) -> Response:
    """Take back what was just judged: those units are asked again."""
    from feedback_nlp.jobs.topic_edits import TopicDesk  # noqa: PLC0415 - knows all stages

    week, edit = _week(form.text("week")), Edit(actor=form.actor, now=services.now())
    units = [int(one) for one in form.text("units").split(",") if one.isdecimal() and len(one) < 10]
    with services.database.write() as session:
        desk = TopicDesk(session, services.config, services.settings.zone, edit)
        for unit in units:
            desk.apply(partial(_unjudged, unit))
    here = f"/data/sample?{urlencode({'week': week})}"
    return rendering.done(here, f"{len(units)} 句的判断撤回了，可以重判。")


def _unjudged(unit_id: int, session: Session, edit: Edit) -> None:
    judging.undo(session, unit_id, edit)


def precisions(found: Sequence[Agreement]) -> list[Precision]:
    """Return how often the engine agrees with people, over all sampled weeks."""
    judged = sum(one.judged for one in found)
    if not judged:
        return []
    told = []
    for word, right in (
        ("情感", sum(one.sentiment for one in found)),
        ("意图", sum(one.intent for one in found)),
    ):
        low, high = wilson_interval(right, judged)
        told.append(Precision(word, right, judged, right / judged, low, high))
    return told


def accuracy(session: Session) -> list[Precision]:
    """Return what the card shows; empty until somebody has read a sample."""
    return precisions(sampling.agreements(session)[:_ASKED_WEEKS])


def default_week(weeks: Sequence[str], running: Week) -> str:
    """Return the newest week with feedback that is over; the running one if there is no other.

    Raises:
        InputError: If there is no feedback.
    """
    if not weeks:
        raise InputError("还没有反馈可判", reason="no-feedback")
    over = [week for week in weeks if Week.parse(week) < running]
    return (over or list(weeks))[0]


def _week(text: str) -> str:
    return str(Week.parse(text))


def _read(form: Posted) -> dict[int, tuple[str, str]]:
    read = {}
    for unit in form.all("unit"):
        if not unit.isdecimal() or len(unit) > 9:
            continue
        sentiment, intent = form.text(f"sentiment-{unit}"), form.text(f"intent-{unit}")
        if sentiment and intent:
            read[int(unit)] = (sentiment, intent)
    return read
