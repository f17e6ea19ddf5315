"""Every error leaves as ``application/problem+json``: Chinese for people, stable codes for machines.

Source: RFC 9457; docs/api.md lists the ``type`` values.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.routing import compile_path

from feedback_api.hints import HINTS
from feedback_api.validation import FieldError, describe
from feedback_nlp.errors import (
    ArtifactError,
    ConfigError,
    Conflict,
    FeedbackError,
    InputError,
    NotFound,
    StoreError,
)

PROBLEM_MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:feedback-nlp:problem:"

STATUS_OF: dict[type[FeedbackError], int] = {
    InputError: 422,
    NotFound: 404,
    Conflict: 409,
    ArtifactError: 500,
    ConfigError: 500,
    StoreError: 503,
}
# What Starlette and FastAPI raise themselves: status → (code, title).
_HTTP_PROBLEMS: dict[int, tuple[str, str]] = {
    400: ("bad-request", "请求读不懂"),
    404: ("no-such-route", "没有这个地址"),
    405: ("method-not-allowed", "这个地址不支持该方法"),
    408: ("too-slow", "请求体没有按时到齐"),
    413: ("too-large", "请求体太大"),
    415: ("unsupported-media-type", "请求体类型不支持"),
}
_log = structlog.get_logger("feedback_api")


class Problem(BaseModel):
    """An error, RFC 9457. ``type`` is stable; ``title`` and ``detail`` are for people."""

    type: str = Field(
        description="稳定的英文错误类型", examples=["urn:feedback-nlp:problem:invalid-input"]
    )
    title: str = Field(description="一句话说明", examples=["输入有误"])
    status: int = Field(description="HTTP 状态码", examples=[422])
    detail: str = Field(default="", description="收到了什么、应该是什么、怎么办")
    instance: str = Field(default="", description="这次请求的编号，同响应头 X-Request-ID")
    errors: list[FieldError] = Field(default_factory=list, description="每个不合格的字段一条")
    reason: str = Field(
        default="",
        description="具体是哪种情况，稳定的英文；没有就是空的",
        examples=["unknown-request"],
    )
    facts: dict[str, Any] = Field(
        default_factory=dict, description="这种情况的具体值", examples=[{"key": "REQ-9"}]
    )


class ProblemError(Exception):
    """A problem that a route raises with members of its own.

    Args:
        status: HTTP status.
        code: Stable English code, the end of ``type``.
        title: Chinese title.
        detail: Chinese detail.
        errors: One entry a field.
        extensions: Further members of the problem object.
    """

    def __init__(
        self,
        status: int,
        code: str,
        title: str,
        detail: str = "",
        *,
        errors: Sequence[FieldError] = (),
        extensions: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(title)
        self.status = status
        self.code = code
        self.title = title
        self.detail = detail
        self.errors = errors
        self.extensions = dict(extensions or {})


def problem_response(
    request_id: str,
    status: int,
    code: str,
    title: str,
    detail: str = "",
    *,
    errors: Sequence[FieldError] = (),
    headers: Mapping[str, str] | None = None,
    extensions: Mapping[str, Any] | None = None,
) -> JSONResponse:
    """Build the response of one problem."""
    problem = Problem(
        type=TYPE_PREFIX + code,
        title=title,
        status=status,
        detail=detail,
        instance=f"urn:request:{request_id}" if request_id else "",
        errors=list(errors),
    )
    return JSONResponse(
        {**problem.model_dump(), **(extensions or {})},
        status_code=status,
        headers=headers,
        media_type=PROBLEM_MEDIA_TYPE,
    )


def status_of(error: FeedbackError) -> int:
    """Return the HTTP status of an error: its nearest mapped ancestor's, else 500."""
    return next((STATUS_OF[kind] for kind in type(error).__mro__ if kind in STATUS_OF), 500)


def document(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI ``responses`` of the errors an operation may answer with."""
    return {
        status: {
            "description": HTTPStatus(status).phrase,
            "content": {PROBLEM_MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status in statuses
    }


def install(app: FastAPI) -> None:
    """Register the handlers. What no handler knows is caught by the edge, as a bare 500."""
    app.add_exception_handler(FeedbackError, on_feedback_error)
    app.add_exception_handler(ProblemError, _on_problem_error)
    app.add_exception_handler(RequestValidationError, _on_validation_error)
    app.add_exception_handler(HTTPException, _on_http_exception)


def _request_id(request: Request) -> str:
    return str(request.scope.get("state", {}).get("request_id", ""))


async def on_feedback_error(request: Request, error: Exception) -> JSONResponse:
    """Answer an error that this package raised on purpose."""
    assert isinstance(error, FeedbackError)
    status = status_of(error)
    if status < 500:
        return problem_response(
            _request_id(request),
            status,
            error.code,
            error.title,
            error.told(HINTS),
            extensions=_case(error),
        )
    # Paths and addresses in the message are the operator's business, not the caller's.
    _log.error("service_error", code=error.code, message=error.message)
    headers = {"Retry-After": "5"} if status == 503 else None
    return problem_response(
        _request_id(request),
        status,
        error.code,
        error.title,
        "服务端的问题，请把请求编号告诉管理员",
        headers=headers,
    )


def _case(error: FeedbackError) -> dict[str, Any]:
    """Return which case it is, for machines: the reason and its facts."""
    return {"reason": error.reason, "facts": jsonable_encoder(error.facts)}


async def _on_problem_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, ProblemError)
    return problem_response(
        _request_id(request),
        error.status,
        error.code,
        error.title,
        error.detail,
        errors=error.errors,
        extensions=error.extensions,
    )


async def _on_validation_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    errors = describe(error.errors())
    return problem_response(
        _request_id(request),
        422,
        InputError.code,
        InputError.title,
        f"{len(errors)} 处不合要求，见 errors",
        errors=errors,
    )


async def _on_http_exception(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    code, title = _HTTP_PROBLEMS.get(error.status_code, ("http-error", "请求没有成功"))
    headers = error.headers
    if error.status_code == 405:
        headers = {"Allow": ", ".join(_allowed(request))}
    details = {404: "全部地址见 /docs", 400: "请求体应是 UTF-8 编码的 JSON"}
    return problem_response(
        _request_id(request),
        error.status_code,
        code,
        title,
        details.get(error.status_code, ""),
        headers=headers,
    )


def _allowed(request: Request) -> list[str]:
    """Return the methods of an address: two routes may share it, and each knows its own alone."""
    path = request.scope["path"]
    paths = request.app.openapi()["paths"]
    found: set[str] = set()
    for template, methods in {path: paths[path]}.items() if path in paths else paths.items():
        if compile_path(template)[0].match(path):
            found.update(method.upper() for method in methods)
    return sorted(found) or ["GET"]
