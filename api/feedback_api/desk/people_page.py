"""人员: who may come in. Keys are made, seen once, and revoked."""

from __future__ import annotations

from fastapi import Request, Response

from feedback_api.desk import rendering
from feedback_api.desk.edge import PostedDep, router
from feedback_api.desk.shell import shell_of
from feedback_api.services import ServicesDep
from feedback_nlp.access.keys import create_key, list_keys, restore_key, revoke_key
from feedback_nlp.access.scopes import Scope, parse_scopes, word

pages = router()


@pages.get("/people")
def show_keys(request: Request, services: ServicesDep) -> Response:
    """All keys, without the keys."""
    return _page(request, services)


@pages.post("/people")
def make_key(request: Request, services: ServicesDep, form: PostedDep) -> Response:
    """Make a key and show it, this once."""
    with services.database.write() as session:
        made = create_key(
            session,
            form.text("name", limit=100),
            parse_scopes(",".join(form.all("scope"))),
            actor=form.actor,
            now=services.now(),
        )
        name, token = made.row.name, made.token
    return _page(request, services, name=name, token=token)


@pages.post("/people/revoke")
def take_key(services: ServicesDep, form: PostedDep) -> Response:
    """Revoke the keys of a name."""
    name = form.text("name", limit=100)
    with services.database.write() as session:
        keys = [row.prefix for row in revoke_key(session, name, now=services.now())]
    undo = {"action": "/people/restore", "key": keys[0]} if len(keys) == 1 else None
    return rendering.done(form.onward("/people"), f"{name} 的密钥吊销了。", undo)


@pages.post("/people/restore")
def give_back(services: ServicesDep, form: PostedDep) -> Response:
    """Let a key in again that was just revoked."""
    with services.database.write() as session:
        name = restore_key(session, form.text("key", limit=40), now=services.now()).name
    return rendering.done(form.onward("/people"), f"{name} 的密钥又能用了。")


def _page(request: Request, services: ServicesDep, name: str = "", token: str = "") -> Response:
    shell = shell_of(request, services, "/people")
    with services.database.read() as session:
        keys = list_keys(session)
    now = services.now()
    return rendering.page(
        request,
        "people.html",
        shell,
        keys=[
            (
                key,
                "、".join(word(Scope(scope)) for scope in key.scopes),
                key.revoked_at is None and (key.expires_at is None or key.expires_at > now),
            )
            for key in keys
        ],
        scopes=[(scope.value, word(scope)) for scope in Scope],
        made=name,
        token=token,
    )
