"""What people do to a unit: another topic, another reading, evidence of a request."""

from __future__ import annotations

from fastapi import Response
from sqlmodel import Session

from feedback_api.desk import rendering
from feedback_api.desk.edge import PostedDep, router
from feedback_api.desk.feedback_list import FeedbackId
from feedback_api.services import ServicesDep
from feedback_nlp.editing import Edit, judging, topic_edits
from feedback_nlp.errors import NotFound
from feedback_nlp.labels import Intent, Sentiment, label
from feedback_nlp.requests import adding
from feedback_nlp.store.tables import FeedbackUnit

pages = router()


@pages.post("/feedback/{feedback_id}/units/{unit_id}/topic")
def change_topic(
    services: ServicesDep, form: PostedDep, feedback_id: FeedbackId, unit_id: FeedbackId
) -> Response:
    """Put a unit into another topic; no later analysis moves it."""
    from feedback_nlp.jobs.topic_edits import TopicDesk  # noqa: PLC0415 - knows all stages

    topic_id = form.number("topic")
    edit = Edit(actor=form.actor, now=services.now())
    with services.database.write() as session:
        _require(session, feedback_id, unit_id)
        desk = TopicDesk(session, services.config, services.settings.zone, edit)
        name = desk.apply(
            lambda session, edit: topic_edits.move_units(session, [unit_id], topic_id, edit).name
        )
    return rendering.done(
        form.next(f"/feedback/{feedback_id}"),
        f"改到主题“{name}”，以后的分析不会改回去。",
        {"action": f"/topics/{topic_id}/undo", "actor": form.actor},
    )


@pages.post("/feedback/{feedback_id}/units/{unit_id}/request")
def add_to_request(
    services: ServicesDep, form: PostedDep, feedback_id: FeedbackId, unit_id: FeedbackId
) -> Response:
    """Make a unit evidence of a request."""
    key = form.text("request").upper()
    with services.database.write() as session:
        _require(session, feedback_id, unit_id)
        is_new = adding.add_evidence(
            session,
            key,
            unit_id,
            actor=form.actor,
            now=services.local_now(),
            config=services.config.rank,
            zone=services.settings.zone,
            reason=form.text("reason"),
        )
    if not is_new:
        return rendering.done(form.next("/feedback"), f"这句话本来就是 {key} 的证据。")
    undo = {"action": f"/requests/{key}/evidence/remove", "unit": str(unit_id), "actor": form.actor}
    return rendering.done(form.next("/feedback"), f"加到了 {key} 的证据里。", undo)


@pages.post("/feedback/{feedback_id}/units/{unit_id}/judge")
def judge(
    services: ServicesDep, form: PostedDep, feedback_id: FeedbackId, unit_id: FeedbackId
) -> Response:
    """Say what a unit means; no later analysis says otherwise, and the models can learn it."""
    from feedback_nlp.jobs.topic_edits import TopicDesk  # noqa: PLC0415 - knows all stages

    edit = Edit(actor=form.actor, now=services.now())
    sentiment, intent = form.text("sentiment") or None, form.text("intent") or None
    with services.database.write() as session:
        _require(session, feedback_id, unit_id)
        desk = TopicDesk(session, services.config, services.settings.zone, edit)
        row = desk.apply(
            lambda session, edit: judging.judge(session, unit_id, sentiment, intent, edit)
        )
        words = f"{label(Sentiment(row.sentiment))}，{label(Intent(row.intent))}"
    return rendering.done(
        form.next(f"/feedback/{feedback_id}"),
        f"改成了“{words}”，以后的分析不会改回去，训练时也当作标注。",
        {"action": f"/feedback/{feedback_id}/units/{unit_id}/unjudge", "actor": form.actor},
    )


@pages.post("/feedback/{feedback_id}/units/{unit_id}/unjudge")
def undo_judgement(
    services: ServicesDep, form: PostedDep, feedback_id: FeedbackId, unit_id: FeedbackId
) -> Response:
    """Take back the last judgement."""
    from feedback_nlp.jobs.topic_edits import TopicDesk  # noqa: PLC0415 - knows all stages

    edit = Edit(actor=form.actor, now=services.now())
    with services.database.write() as session:
        _require(session, feedback_id, unit_id)
        desk = TopicDesk(session, services.config, services.settings.zone, edit)
        desk.apply(lambda session, edit: judging.undo(session, unit_id, edit))
    return rendering.done(form.next(f"/feedback/{feedback_id}"), "判断改回去了。")


def _require(session: Session, feedback_id: int, unit_id: int) -> None:
    unit = session.get(FeedbackUnit, unit_id)
    if unit is None or unit.feedback_id != feedback_id:
        raise NotFound(
            f"反馈 {feedback_id} 里没有观点 {unit_id}", hint="它可能已被重新分析，刷新后再试"
        )
