"""``/docs``: every endpoint with its parameters and a curl call, from the OpenAPI document itself."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from feedback_api.pages import templates

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of an operation, as the page shows it."""

    name: str
    where: str
    required: bool
    description: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One endpoint, as the page shows it."""

    method: str
    path: str
    summary: str
    parameters: tuple[Parameter, ...]
    curl: str
    statuses: tuple[str, ...]


_PLACES = {"path": "路径", "query": "查询", "header": "请求头"}


@router.get("/docs", response_class=HTMLResponse)
def show_docs(request: Request) -> HTMLResponse:
    """接口说明。"""
    schema = request.app.openapi()
    base_url = str(request.base_url).rstrip("/")
    groups: dict[str, list[Operation]] = {}
    for tag, operation in operations(schema, base_url):
        groups.setdefault(tag, []).append(operation)
    page = templates.get_template("docs.html").render(
        title=schema["info"]["title"],
        version=schema["info"]["version"],
        notes=[line[2:] for line in schema["info"]["description"].splitlines() if line[:2] == "- "],
        groups=groups,
    )
    return HTMLResponse(page)


def operations(schema: Mapping[str, Any], base_url: str) -> Iterator[tuple[str, Operation]]:
    """Yield ``(tag, operation)`` for everything in an OpenAPI document, in its order."""
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            parameters = operation.get("parameters", [])
            yield (
                operation.get("tags", ["其他"])[0],
                Operation(
                    method=method.upper(),
                    path=path,
                    summary=operation.get("description", operation.get("summary", "")),
                    parameters=tuple(
                        Parameter(
                            name=parameter["name"],
                            where=_PLACES.get(parameter["in"], parameter["in"]),
                            required=parameter.get("required", False),
                            description=parameter.get("description", ""),
                        )
                        for parameter in parameters
                    ),
                    curl=_curl(base_url, method.upper(), path, operation),
                    statuses=tuple(str(status) for status in operation["responses"]),
                ),
            )


def _curl(base_url: str, method: str, path: str, operation: Mapping[str, Any]) -> str:
    query = {}
    for parameter in operation.get("parameters", []):
        example = _example(parameter)
        if example is None:
            continue
        if parameter["in"] == "path":
            path = path.replace("{" + parameter["name"] + "}", str(example))
        elif parameter["in"] == "query":
            query[parameter["name"]] = example
    url = base_url + path + ("?" + urlencode(query) if query else "")
    words = ["curl", shlex.quote(url)]
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    examples = content.get("examples", {})
    if method != "GET":
        words[1:1] = ["-X", method]
    if examples:
        body = json.dumps(next(iter(examples.values()))["value"], ensure_ascii=False, indent=2)
        words += ["\\\n  -H 'Content-Type: application/json'", "\\\n  -d", shlex.quote(body)]
    return " ".join(words)


def _example(parameter: Mapping[str, Any]) -> Any:
    """Return the example of a parameter: its own, or its schema's."""
    if "example" in parameter:
        return parameter["example"]
    examples = parameter.get("schema", {}).get("examples")
    return examples[0] if examples else None
