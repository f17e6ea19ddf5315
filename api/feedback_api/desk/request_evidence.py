"""Evidence put right: what does not belong to a request is taken out or moved to another."""

from __future__ import annotations

from fastapi import Response

from feedback_api.desk import rendering
from feedback_api.desk.edge import Posted, PostedDep, router
from feedback_api.services import ServicesDep
from feedback_nlp.errors import InputError

pages = router()


@pages.post("/requests/{key}/evidence/move")
def move(services: ServicesDep, form: PostedDep, key: str) -> Response:
    """Move what was ticked to another request."""
    to = form.text("request", limit=20).upper()
    if not to:
        raise InputError("没有选移到哪个需求", hint="在“移到”里选一个")
    return _moved(services, form, key, to)


@pages.post("/requests/{key}/evidence/out")
def take_out(services: ServicesDep, form: PostedDep, key: str) -> Response:
    """Take what was ticked out of the request, and out of the topic that brought it."""
    return _moved(services, form, key, None)


@pages.post("/requests/{key}/evidence/undo")
def undo(services: ServicesDep, form: PostedDep, key: str) -> Response:
    """Take the last move back."""
    with services.database.write() as session:
        count = services.evidence(session, form.actor, form.text("reason")).undo(key[:20])
    return rendering.done(form.next(f"/requests/{key}"), f"{count} 条证据回到了 {key.upper()}。")


def _moved(services: ServicesDep, form: Posted, key: str, to: str | None) -> Response:
    units = list(dict.fromkeys(form.ids("unit")))
    if not units:
        raise InputError("没有勾选证据", hint="在“证据”里勾上要动的几条")
    with services.database.write() as session:
        desk = services.evidence(session, form.actor, form.text("reason"))
        target = desk.move(key[:20], units, to)
    done = f"移到了 {target}" if target else "剔除了，以后的分析不会再放回来"
    undo = {"action": f"/requests/{key}/evidence/undo", "actor": form.actor}
    return rendering.done(form.next(f"/requests/{key}"), f"{len(units)} 条证据{done}。", undo)
