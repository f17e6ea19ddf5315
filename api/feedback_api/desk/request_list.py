"""需求: what the team decides about, as a table or a board, and the weights to argue with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Query, Request, Response

from feedback_api.desk import rendering
from feedback_api.desk.edge import PostedDep, router
from feedback_api.desk.shell import Shell, shell_of
from feedback_api.services import ServicesDep
from feedback_nlp.errors import InputError
from feedback_nlp.labels import RequestStatus, label
from feedback_nlp.loop.table import allowed_from
from feedback_nlp.rank.explain import PART_LABELS
from feedback_nlp.requests.reading import RequestRow, list_requests
from feedback_nlp.requests.reweighing import Reweighed, reweigh, save_scheme, schemes
from feedback_nlp.week.backlog import OPEN

pages = router()

EFFORTS = (("", "未估"), ("0.2", "小"), ("0.5", "中"), ("0.8", "大"))
_GROUPS = {"open": ("未解决", OPEN), "all": ("全部", tuple(RequestStatus))}
_SLIDER = 100
_PREFIX = "w_"


@pages.get("/requests")
def show_requests(
    request: Request,
    services: ServicesDep,
    view: Annotated[str, Query(pattern="^(table|board)$")] = "table",
    status: Annotated[str, Query(max_length=20)] = "open",
) -> Response:
    """All requests of a group, the first to do first."""
    statuses = _statuses(status)
    asked = _weights_asked(request.query_params)
    shell = shell_of(request, services, "/requests")
    with services.database.read() as session:
        product = shell.chosen["product"] or None
        rows = list_requests(session, statuses=statuses, product=product)
        kept = schemes(session)
    configured = services.config.rank.weights_for(product)
    weights = {**configured, **asked}
    return rendering.page(
        request,
        "requests.html",
        shell,
        view=view,
        group=status,
        groups=_groups(shell, view),
        ranked=reweigh(rows, weights) if asked else _as_stored(rows),
        is_trial=bool(asked),
        sliders=_sliders(weights),
        schemes=[(name, _scheme_address(shell, view, saved)) for name, saved in kept.items()],
        as_toml=_as_toml(weights),
        columns=_columns(rows, statuses),
        efforts=EFFORTS,
        steps=steps_without_reason,
        views=[
            (key, word, shell.url("/requests", view=key, status=status))
            for key, word in (("table", "列表"), ("board", "看板"))
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
    address = "/requests?" + urlencode(_as_query(weights))
    return rendering.done(address, f"存成了方案“{name}”，正式的排序没有变。")


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


def _groups(shell: Shell, view: str) -> list[tuple[str, str, str]]:
    words = {key: word for key, (word, _) in _GROUPS.items()}
    words |= {status.value: label(status) for status in RequestStatus}
    return [
        (key, word, shell.url("/requests", view=view, status=key)) for key, word in words.items()
    ]


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


def _sliders(weights: Mapping[str, float]) -> list[tuple[str, str, int]]:
    return [
        (_PREFIX + name, word, round(weights.get(name, 0.0) * _SLIDER))
        for name, word in PART_LABELS.items()
    ]


def _as_query(weights: Mapping[str, float]) -> dict[str, str]:
    return {_PREFIX + name: str(round(value * _SLIDER)) for name, value in weights.items()}


def _scheme_address(shell: Shell, view: str, weights: Mapping[str, float]) -> str:
    return shell.url("/requests", view=view, **_as_query(weights))


def _as_toml(weights: Mapping[str, float]) -> str:
    values = ", ".join(f"{name} = {weights.get(name, 0.0):g}" for name in PART_LABELS)
    return f"[rank]\nweights = {{ {values} }}"
