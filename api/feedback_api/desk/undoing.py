"""What the 撤销 of a toast posts to."""

from __future__ import annotations

from fastapi import Response

from feedback_api.desk import rendering
from feedback_api.desk.edge import PostedDep, router
from feedback_api.desk.feedback_list import FeedbackId
from feedback_api.services import ServicesDep
from feedback_nlp.editing import Edit
from feedback_nlp.editing.telling import describe
from feedback_nlp.requests import adding

pages = router()


@pages.post("/topics/{topic_id}/undo")
def undo_topic(services: ServicesDep, form: PostedDep, topic_id: FeedbackId) -> Response:
    """Take back the last edit that a person made of a topic."""
    from feedback_nlp.jobs.topic_edits import TopicDesk  # noqa: PLC0415 - knows all stages

    edit = Edit(actor=form.actor, now=services.now())
    with services.database.write() as session:
        event = TopicDesk(session, services.config, services.settings.zone, edit).undo(topic_id)
    return rendering.done(form.next(f"/topics/{topic_id}"), f"撤销了：{describe(event)}。")


@pages.post("/topics/undo")
def undo_topics(services: ServicesDep, form: PostedDep) -> Response:
    """Take back the last edit of each of some topics, in one transaction."""
    from feedback_nlp.jobs.topic_edits import TopicDesk  # noqa: PLC0415 - knows all stages

    edit = Edit(actor=form.actor, now=services.now())
    topics = [one for one in form.text("topics").split(",") if one.isdecimal() and len(one) < 10]
    with services.database.write() as session:
        desk = TopicDesk(session, services.config, services.settings.zone, edit)
        events = [desk.undo(int(topic_id)) for topic_id in topics]
    told = f"{describe(events[0])}。" if len(events) == 1 else f"{len(events)} 步。"
    return rendering.done(form.next("/topics"), f"撤销了：{told}")


@pages.post("/requests/{key}/evidence/remove")
def remove_evidence(services: ServicesDep, form: PostedDep, key: str) -> Response:
    """Take out a piece of evidence that a person added."""
    with services.database.write() as session:
        adding.remove_evidence(
            session,
            key,
            form.number("unit"),
            actor=form.actor,
            now=services.local_now(),
            config=services.config.rank,
            zone=services.settings.zone,
            reason=form.text("reason"),
        )
    return rendering.done(form.next(f"/requests/{key}"), f"从 {key.upper()} 的证据里拿掉了。")
