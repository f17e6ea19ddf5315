"""Several requests at once: one owner, effort, due day, one step; all of it or nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, NamedTuple

from fastapi import Response
from sqlmodel import Session

from feedback_api.desk import rendering
from feedback_api.desk.edge import Posted, PostedDep, router
from feedback_api.services import Services, ServicesDep
from feedback_nlp.errors import InputError
from feedback_nlp.labels import RequestStatus
from feedback_nlp.loop.table import allowed_from
from feedback_nlp.requests.estimating import edit_request
from feedback_nlp.requests.moving import Move, get_request, move_request
from feedback_nlp.requests.versions import FIELD_NAMES, Expected

pages = router()

#: What is undone travels in a cookie of 4 kB.
_MOST = 100
_FIELDS = ("owner", "effort", "due")
_STATUS = "status"
#: How a field of the form is read; the others are words.
_READ: dict[str, Callable[[str], Any]] = {"effort": float, "due": date.fromisoformat}

#: By field and what stood there before: the requests of which it stood there.
Before = dict[str, dict[str, list[str]]]


class Ticked(NamedTuple):
    """A request as the list showed it."""

    key: str
    version: int | None


@pages.post("/requests/bulk")
def change(services: ServicesDep, form: PostedDep) -> Response:
    """Give those that are ticked an owner, an effort, a due day, a status."""
    ticked = [_ticked(value) for value in dict.fromkeys(form.all("key"))]
    values = {name: _value(name, form.text(name)) for name in _FIELDS if form.text(name)}
    to = form.text("to")
    if not ticked or len(ticked) > _MOST:
        raise InputError(f"勾选了 {len(ticked)} 个需求", hint=f"一次改 1 到 {_MOST} 个")
    if to and to not in set(RequestStatus):
        raise InputError(f"没有 {to[:20]!r} 这个状态", hint="从页面上选一个")
    if not values and not to:
        raise InputError("没有写要改什么", reason="nothing-to-edit")
    before: Before = {}
    changed = 0
    with services.database.write() as session:
        for key, version in ticked:
            status = RequestStatus(to) if to else None
            request = get_request(session, key)
            stood_at = request.version
            for name, stood in _change(session, services, form.actor, key, version, values, status):
                before.setdefault(name, {}).setdefault(stood, []).append(key.removeprefix("REQ-"))
            changed += request.version != stood_at
    words = f"{changed} 个需求改好了。" if changed else "没有变化。"
    undo = {"action": "/requests/bulk/undo", "actor": form.actor, "before": json.dumps(before)}
    return rendering.done(form.next("/requests"), words, undo if before else None)


@pages.post("/requests/bulk/undo")
def undo(services: ServicesDep, form: PostedDep) -> Response:
    """Write what stood there before."""
    before = _read(form)
    with services.database.write() as session:
        for name, found in before.items():
            for stood, numbers in found.items():
                for number in numbers:
                    key = f"REQ-{number}"
                    if name == _STATUS:
                        _step(session, services, form.actor, key, RequestStatus(stood), "撤销")
                    else:
                        _write(session, services, form.actor, key, {name: _value(name, stood)})
    return rendering.done(form.next("/requests"), "撤销了，都改回去了。")


def _change(
    session: Session,
    services: Services,
    actor: str,
    key: str,
    version: int | None,
    values: Mapping[str, Any],
    to: RequestStatus | None,
) -> list[tuple[str, str]]:
    """Change one request; return what stood in each field that changed."""
    request = get_request(session, key)
    stood = {name: getattr(request, name) for name in values}
    status = RequestStatus(request.status)
    done = []
    if values and _write(session, services, actor, key, values, Expected(version=version)):
        done = [
            (name, "" if old is None else str(old))
            for name, old in stood.items()
            if old != values[name]
        ]
    if to is not None and to != status:
        _step(session, services, actor, key, to)
        if status in allowed_from(to):
            done.append((_STATUS, status.value))
    return done


def _write(
    session: Session,
    services: Services,
    actor: str,
    key: str,
    values: Mapping[str, Any],
    expected: Expected | None = None,
) -> bool:
    return edit_request(
        session,
        key,
        values,
        actor=actor,
        now=services.local_now(),
        config=services.config.rank,
        zone=services.settings.zone,
        expected=expected,
    ).changed


def _step(
    session: Session,
    services: Services,
    actor: str,
    key: str,
    to: RequestStatus,
    reason: str = "",
) -> None:
    move_request(session, key, Move(to=to, actor=actor, reason=reason), now=services.local_now())


def _ticked(value: str) -> Ticked:
    key, _, version = value.partition(" ")
    return Ticked(key[:20].upper(), int(version) if version.isdecimal() else None)


def _value(name: str, text: str) -> Any:
    if not text:
        return None
    try:
        return _READ.get(name, str)(text)
    except ValueError as error:
        raise InputError(
            f"{FIELD_NAMES[name]}写成了 {text[:40]!r}",
            hint="工作量是 0 到 1 的数，截止日要像 2026-12-31",
        ) from error


def _read(form: Posted) -> Before:
    """Return what :func:`change` kept, wherever the form comes from.

    Raises:
        InputError: If it was not made there.
    """
    try:
        before = dict(json.loads(form.text("before", limit=4_000)))
        return {
            name: {
                str(stood): [str(number)[:9] for number in numbers][:_MOST]
                for stood, numbers in before[name].items()
                if name != _STATUS or stood in set(RequestStatus)
            }
            for name in (*_FIELDS, _STATUS)
            if name in before
        }
    except (ValueError, TypeError, AttributeError) as error:
        raise InputError("读不懂要撤销什么", hint="回到“需求”，直接改回去") from error
