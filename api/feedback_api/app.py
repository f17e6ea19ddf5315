"""The application factory."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import cache
from threading import Lock
from typing import Any

import anyio.to_thread
from fastapi import Depends, FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from starlette.formparsers import MultiPartParser
from starlette.routing import BaseRoute

from feedback_api import desk, errors, metrics
from feedback_api.access import AccessGate
from feedback_api.access.identity import Doorman
from feedback_api.access.policy import needed_scope
from feedback_api.access.repeating import HEADER as IDEMPOTENCY_HEADER
from feedback_api.access.repeating import RepeatedPosts, is_kept
from feedback_api.edge import RequestEdge
from feedback_api.feedback_schemas import FeedbackIn
from feedback_api.pages import docs, login, report, unsubscribe
from feedback_api.parameters import refuse_unknown
from feedback_api.refusals import PagesForPeople
from feedback_api.routes import (
    alerts,
    audit,
    classify,
    digests,
    feedback,
    health,
    ingest,
    jobs,
    judgements,
    lexicon,
    notices,
    outbox,
    people,
    request_changes,
    request_evidence,
    request_splits,
    requests,
    runs,
    similar,
    topic_edits,
    topics,
    tracker,
)
from feedback_api.services import Services, write_slot
from feedback_nlp import __version__
from feedback_nlp.access import recording
from feedback_nlp.access.keyring import KeyRing
from feedback_nlp.access.sessions import SessionSeal, session_key
from feedback_nlp.config import load_config
from feedback_nlp.settings import Settings
from feedback_nlp.store import Database

_TITLE = "feedback-nlp"
_DESCRIPTION = """自托管的中文用户反馈引擎：反馈进来，本周要事和需求排行出去。

- 出错时一律返回 `application/problem+json`（RFC 9457）：`title` 给人看，`type` 给程序看。
- 列表用游标翻页：把 `next_cursor` 原样放进下一次的 `cursor`，为 `null` 就到头了。
- 写入都可以放心重试：同一来源的同一个 `source_key` 只存一份；已经是目标状态的流转不会再记一次。
- 返回成功就是已经落盘。
"""


def create_app(
    settings: Settings,
    *,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    allowed_hosts: Collection[str] | None = None,
) -> FastAPI:
    """Build the application on one deployment's settings.

    The database is opened and migrated when the application starts; models load at
    first use.

    Args:
        settings: Where things are.
        now: The clock.
        allowed_hosts: Names this service answers to in the Host header; any if ``None``.
            A service without keys names its own, so that a web page elsewhere cannot
            reach it under a name of its choice (DNS rebinding).

    Raises:
        ConfigError: If ``pipeline.toml`` is not usable.
        StoreError: If the database address is not usable.
    """
    services = Services(
        settings=settings,
        config=load_config(settings.pipeline),
        database=Database(settings.database_url),
        now=now,
    )

    # A form's file beyond this size would be spooled to the disk, with what people wrote in clear.
    MultiPartParser.spool_max_size = max(
        MultiPartParser.spool_max_size, settings.max_upload_bytes + 1
    )
    recording.watch()
    doorman = _doorman(services)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        await anyio.to_thread.run_sync(services.database.migrate)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(doorman.note_uses_forever)
            yield
            tasks.cancel_scope.cancel()
        await anyio.to_thread.run_sync(services.posts.close)
        await anyio.to_thread.run_sync(doorman.ring.note_uses)
        services.database.dispose()

    app = FastAPI(
        title=_TITLE,
        version=__version__,
        description=_DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,  # Swagger UI and ReDoc load scripts from a CDN; /docs is our own page
        redoc_url=None,
        generate_unique_id_function=_operation_id,
    )
    app.state.services = services
    app.state.doorman = doorman
    errors.install(app)
    app.add_middleware(RepeatedPosts, database=services.database, now=now)
    app.add_middleware(
        AccessGate,
        doorman=doorman,
        now=now,
        rate=settings.rate_per_minute,
        guest_rate=settings.guest_rate_per_minute,
    )
    app.add_middleware(
        RequestEdge,
        max_body_bytes=settings.max_upload_bytes,
        allowed_hosts=allowed_hosts,
        on_request=services.metrics.count,
    )
    app.add_middleware(PagesForPeople)
    app.router.routes.extend(_routes())
    app.openapi = _openapi  # type: ignore[method-assign]
    return app


@cache
def _routes() -> Sequence[BaseRoute]:
    """Return all routes, made once a process: they know no deployment, and take 0.1 s to make."""
    home = FastAPI(generate_unique_id_function=_operation_id, openapi_url=None)
    own = len(home.routes)
    for module in (
        feedback,
        alerts,
        similar,
        ingest,
        judgements,
        topics,
        topic_edits,
        requests,
        request_changes,
        request_evidence,
        request_splits,
        tracker,
        digests,
        outbox,
        notices,
        lexicon,
        classify,
        jobs,
        people,
        runs,
        audit,
    ):
        slots = [] if module is feedback else [Depends(write_slot)]  # posts wait without threads
        home.include_router(module.router, dependencies=[Depends(refuse_unknown), *slots])
    for page in (health, metrics, report, docs, login, unsubscribe):
        home.include_router(page.router)
    for pages in desk.routers():
        home.include_router(pages)
    return home.routes[own:]


_REPEATING = {
    "name": IDEMPOTENCY_HEADER,
    "in": "header",
    "required": False,
    "description": "同一个值再发一次，得到第一次的答复，不会做两遍；一天内有效，每个请求一个，例如 UUID",
    "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"},
}


def _doorman(services: Services) -> Doorman:
    settings = services.settings
    configured = settings.session_key
    return Doorman(
        ring=KeyRing(services.database, services.now),
        seal=SessionSeal(
            session_key(
                services.database.url, configured.get_secret_value() if configured else None
            )
            if settings.require_keys
            else secrets.token_bytes(32)  # without keys there is nothing to log in with
        ),
        require_keys=settings.require_keys,
        guests_read=settings.guests_read,
    )


def _operation_id(route: APIRoute) -> str:
    return route.name


#: The first requests come side by side and each needs the document for its parameters;
#: fastapi builds it over lists that the routes share, so only one thread may.
_BUILDING = Lock()


def _openapi() -> dict[str, Any]:
    """Return the document of all routes: one a process, to be read only."""
    with _BUILDING:
        return _document()


@cache
def _document() -> dict[str, Any]:
    """Build the document, with the shapes that no route names by its types.

    Like the routes it knows no deployment; it takes half a second to make.
    """
    schema = get_openapi(
        title=_TITLE, version=__version__, description=_DESCRIPTION, routes=_routes()
    )
    shapes = schema.setdefault("components", {}).setdefault("schemas", {})
    for shape in (errors.Problem, FeedbackIn):
        described = shape.model_json_schema(ref_template="#/components/schemas/{model}")
        shapes.update(described.pop("$defs", {}))
        shapes[shape.__name__] = described
    _document_access(schema)
    return schema


def _document_access(schema: dict[str, Any]) -> None:
    """Say of each operation that needs a right which one, and how it may be refused."""
    schema["components"]["securitySchemes"] = {
        "key": {"type": "http", "scheme": "bearer", "description": "密钥，形如 fnlp_…"}
    }
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            needed = needed_scope(method.upper(), path)
            if needed is None:
                continue
            # an empty requirement beside it: a service without keys asks for none
            operation["security"] = [{"key": []}, {}]
            operation["x-scope"] = needed.value
            if method == "post" and is_kept(path):
                operation.setdefault("parameters", []).append(_REPEATING)
            for status, shown in errors.document(401, 403, 429).items():
                operation["responses"].setdefault(str(status), shown)
