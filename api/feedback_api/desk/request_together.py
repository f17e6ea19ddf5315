"""How a request stands to others: linked, split in two, put together again."""

from __future__ import annotations

from fastapi import Response

from feedback_api.desk import rendering
from feedback_api.desk.edge import PostedDep, router
from feedback_api.services import ServicesDep
from feedback_nlp.errors import InputError
from feedback_nlp.requests.linking import LINK_WORDS, LinkKind, link_requests, unlink_requests

pages = router()


@pages.post("/requests/{key}/links")
def link(services: ServicesDep, form: PostedDep, key: str) -> Response:
    """Link a request to another."""
    kind, to = form.text("kind"), form.text("to", limit=20).upper()
    if kind not in set(LinkKind):
        raise InputError(f"没有 {kind[:20]!r} 这种关联", hint="从页面上选一个")
    with services.database.write() as session:
        is_new = link_requests(
            session,
            key[:20],
            to,
            LinkKind(kind),
            actor=form.actor,
            now=services.local_now(),
            reason=form.text("reason"),
        )
    here = form.next(f"/requests/{key}")
    if not is_new:
        return rendering.done(here, f"本来就是这样：{LINK_WORDS[LinkKind(kind)]} {to}。")
    undo = {"action": f"/requests/{key}/links/remove", "to": to, "actor": form.actor}
    return rendering.done(here, f"{LINK_WORDS[LinkKind(kind)]} {to}，记下了。", undo)


@pages.post("/requests/{key}/links/remove")
def unlink(services: ServicesDep, form: PostedDep, key: str) -> Response:
    """Take a link back."""
    to = form.text("to", limit=20).upper()
    with services.database.write() as session:
        unlink_requests(
            session,
            key[:20],
            to,
            actor=form.actor,
            now=services.local_now(),
            reason=form.text("reason"),
        )
    kind = form.text("kind")
    again = {"action": f"/requests/{key}/links", "to": to, "kind": kind, "actor": form.actor}
    undo = again if kind in set(LinkKind) else None
    return rendering.done(form.next(f"/requests/{key}"), f"与 {to} 的关联取消了。", undo)


@pages.post("/requests/{key}/split")
def split(services: ServicesDep, form: PostedDep, key: str) -> Response:
    """Make a request of its own of what was ticked."""
    units = form.ids("unit")
    if not units:
        raise InputError("没有勾选证据", hint="在“证据”里勾上要拆走的几条，再拆")
    with services.database.write() as session:
        child = services.splitter(session, form.actor, form.text("reason")).split(
            key[:20], units, form.text("title")
        )
        made = child.key
    undo = {"action": f"/requests/{key}/split/undo", "actor": form.actor}
    return rendering.done(
        form.onward(f"/requests/{made}"), f"从 {key.upper()} 拆出了 {made}。", undo
    )


@pages.post("/requests/{key}/split/undo")
def undo_split(services: ServicesDep, form: PostedDep, key: str) -> Response:
    """Take the last split back."""
    with services.database.write() as session:
        withdrawn = services.splitter(session, form.actor, form.text("reason")).undo(key[:20])
    return rendering.done(form.onward(f"/requests/{key}"), f"{withdrawn} 并回来了，编号不再用。")
