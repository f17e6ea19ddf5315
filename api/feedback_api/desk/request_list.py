"""需求: what the team decides about, as a table or a board, and the weights to argue with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated
from urllib.parse import parse_qsl, urlencode

from fastapi import Query, Request, Response

from feedback_api.desk import rendering
from feedback_api.desk.edge import PostedDep, router
from feedback_api.desk.shell import Shell, shell_of
from feedback_api.services import ServicesDep
from feedback_api.validation import Word
from feedback_nlp.errors import InputError
from feedback_nlp.labels import RequestStatus, label
from feedback_nlp.loop.table import allowed_from
from feedback_nlp.rank.explain import PART_LABELS, part_labels
from feedback_nlp.requests.reading import RequestRow, list_requests, owners
from feedback_nlp.requests.reweighing import (
    Reweighed,
    drop_scheme,
    reweigh,
    save_scheme,
    schemes,
)
from feedback_nlp.requests.saved_views import drop_view, save_view, views
from feedback_nlp.store.ingestion import source_id_of
from feedback_nlp.week.backlog import OPEN

pages = router()

EFFORTS = (("", "未估"), ("0.2", "小"), ("0.5", "中"), ("0.8", "大"))
_GROUPS = {"open": ("未解决", OPEN), "all": ("全部", tuple(RequestStatus))}
_SLIDER = 100
_FILTERS = ("view", "status", "owner", "product", "source")
_MAX_FILTER = 200
#: What the owner's filter says of requests without one; no name is a hyphen.
NOBODY = "-"
_PREFIX = "w_"


@pages.get("/requests")
def show_requests(
    request: Request,
    services: ServicesDep,
    view: Annotated[str, Query(pattern="^(table|board)$")] = "table",
    status: Annotated[str, Query(max_length=20)] = "open",
    owner: Annotated[Word, Query(max_length=100)] = "",
) -> Response:
    """All requests of a group, the first to do first."""
    statuses = _statuses(status)
    asked = _weights_asked(request.query_params)
    shell = shell_of(request, services, "/requests")
    with services.database.read() as session:
        product, source = shell.chosen["product"] or None, shell.chosen["source"]
        rows = list_requests(
            session,
            statuses=statuses,
            product=product,
            owner="" if owner == NOBODY else owner or None,
            source_id=source_id_of(session, source),
        )
        kept, saved, people = schemes(session), views(session), owners(session)
    configured = services.config.rank.weights_for(product)
    weights = {**configured, **asked}
    shown = {"view": view, "status": status, "owner": owner}

    def where(key: str) -> dict[str, object]:
        return {"request": key, "counted": True, **({"source": source} if source else {})}

    def address(**changes: str) -> str:
        return shell.url("/requests", **{**shown, **changes})

    return rendering.page(
        request,
        "requests.html",
        shell,
        view=view,
        group=status,
        groups=_groups(),
        owner=owner,
        owners=[(NOBODY, "还没人负责"), *((name, name) for name in people)],
        address=address,
        where=where,
        saved=[(name, "/requests?" + urlencode(filters)) for name, filters in saved.items()],
        filters=urlencode(_filters(request.query_params)),
        all_steps=_all_steps(rows),
        ranked=reweigh(rows, weights) if asked else _as_stored(rows),
        is_trial=bool(asked),
        sliders=_sliders(weights, shell.people),
        schemes=[(name, _scheme_address(shell, view, saved)) for name, saved in kept.items()],
        as_toml=_as_toml(weights),
        columns=_columns(rows, statuses),
        efforts=EFFORTS,
        steps=steps_without_reason,
        views=[
            (key, word, address(view=key)) for key, word in (("table", "列表"), ("board", "看板"))
        ],
    )


@pages.post("/requests/schemes")
def keep_weights(services: ServicesDep, form: PostedDep) -> Response:
    """Keep the sliders under a name."""
    weights = {
        name.removeprefix(_PREFIX): _share(value)
        for name, value in form.items()
        if name.startswith(_PREFIX) and name.removeprefix(_PREFIX) in PART_LABELS
    }
    name = form.text("name")
    with services.database.write() as session:
        save_scheme(session, name, weights)
    undo = {"action": "/requests/schemes/drop", "name": name}
    return rendering.done(
        form.onward("/requests", _as_query(weights)), f"存为方案“{name}”，正式的排序没有变。", undo
    )


@pages.post("/requests/schemes/drop")
def drop_weights(services: ServicesDep, form: PostedDep) -> Response:
    """Forget the sliders under a name."""
    name = form.text("name")
    with services.database.write() as session:
        weights = drop_scheme(session, name)
    undo = {"action": "/requests/schemes", "name": name, **_as_query(weights)}
    return rendering.done(
        form.next("/requests"), f"方案“{name}”删掉了。", undo if weights else None
    )


@pages.post("/requests/views")
def keep_view(services: ServicesDep, form: PostedDep) -> Response:
    """Keep the filters of the list under a name."""
    name, filters = form.text("name"), _filters(dict(parse_qsl(form.text("filters"))))
    with services.database.write() as session:
        save_view(session, name, filters)
    undo = {"action": "/requests/views/drop", "name": name}
    return rendering.done("/requests?" + urlencode(filters), f"存为视图“{name}”。", undo)


@pages.post("/requests/views/drop")
def forget_view(services: ServicesDep, form: PostedDep) -> Response:
    """Forget a saved view."""
    name = form.text("name")
    with services.database.write() as session:
        filters = drop_view(session, name)
    undo = {"action": "/requests/views", "name": name, "filters": urlencode(filters)}
    return rendering.done(
        form.next("/requests"), f"视图“{name}”删掉了。", undo if filters else None
    )


def steps_without_reason(status: str) -> list[tuple[str, str]]:
    """Return what a request can become by one click."""
    return [
        (to.value, label(to))
        for to, rule in allowed_from(RequestStatus(status)).items()
        if not rule.needs_reason and not rule.needs_target
    ]


def _statuses(status: str) -> Sequence[RequestStatus]:
    if status in _GROUPS:
        return _GROUPS[status][1]
    if status not in set(RequestStatus):
        raise InputError(f"没有 {status[:20]!r} 这个状态", hint="从页面上选一个")
    return (RequestStatus(status),)


def _groups() -> list[tuple[str, str]]:
    words = {key: word for key, (word, _) in _GROUPS.items()}
    words |= {status.value: label(status) for status in RequestStatus}
    return list(words.items())


def _all_steps(rows: Sequence[RequestRow]) -> list[tuple[str, str]]:
    """Return what any of some requests can become by one click, in the order of the loop."""
    found = {value for row in rows for value, _ in steps_without_reason(row.request.status)}
    return [(status.value, label(status)) for status in RequestStatus if status.value in found]


def _filters(asked: Mapping[str, str]) -> dict[str, str]:
    """Return what of an address says which list is shown, and how."""
    known = (*_FILTERS, *(_PREFIX + name for name in PART_LABELS))
    return {name: asked[name][:_MAX_FILTER] for name in known if asked.get(name)}


def _as_stored(rows: Sequence[RequestRow]) -> list[Reweighed]:
    return [
        Reweighed(row, row.request.priority, place, place)
        for place, row in enumerate(rows, start=1)
    ]


def _columns(
    rows: Sequence[RequestRow], statuses: Sequence[RequestStatus]
) -> list[tuple[str, str, list[RequestRow]]]:
    return [
        (status.value, label(status), [row for row in rows if row.request.status == status.value])
        for status in statuses
    ]


def _weights_asked(asked: Mapping[str, str]) -> dict[str, float]:
    return {
        name.removeprefix(_PREFIX): _share(value)
        for name, value in asked.items()
        if name.startswith(_PREFIX) and name.removeprefix(_PREFIX) in PART_LABELS
    }


def _share(value: str) -> float:
    if not value.isdecimal() or int(value[:4]) > _SLIDER:
        raise InputError(f"权重写成了 {value[:20]!r}", hint=f"要 0 到 {_SLIDER} 的整数")
    return int(value) / _SLIDER


def _sliders(weights: Mapping[str, float], people: str) -> list[tuple[str, str, int]]:
    return [
        (_PREFIX + name, word, round(weights.get(name, 0.0) * _SLIDER))
        for name, word in part_labels(people).items()
    ]


def _as_query(weights: Mapping[str, float]) -> dict[str, str]:
    return {_PREFIX + name: str(round(value * _SLIDER)) for name, value in weights.items()}


def _scheme_address(shell: Shell, view: str, weights: Mapping[str, float]) -> str:
    return shell.url("/requests", view=view, **_as_query(weights))


def _as_toml(weights: Mapping[str, float]) -> str:
    values = ", ".join(f"{name} = {weights.get(name, 0.0):g}" for name in PART_LABELS)
    return f"[rank]\nweights = {{ {values} }}"
