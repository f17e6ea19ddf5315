"""The body of a push: bytes to JSON, as tolerantly as senders need it, and values out of it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from feedback_nlp.inlets.records import Malformed

_TRAILING_COMMA = re.compile(r",(\s*[}\]])")
_MAX_DEPTH = 60


def decoded(body: bytes) -> Any:
    """Return the JSON of a body; ``{}`` for an empty one.

    UTF-8 first, then GB18030. A comma before a closing bracket and raw line breaks inside
    texts are let through: 问卷星's own sample has them.

    Raises:
        Malformed: If it is no JSON, or nested beyond use.
    """
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = body.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise Malformed("推送的编码认不出来", hint="用 UTF-8")
    if not text.strip():
        return {}
    try:
        value = json.loads(text, strict=False)
    except (ValueError, RecursionError):
        try:
            value = json.loads(_TRAILING_COMMA.sub(r"\1", text), strict=False)
        except (ValueError, RecursionError) as error:
            raise Malformed("推送不是 JSON", hint="检查推送方的格式设置") from error
    if _depth(value) > _MAX_DEPTH:
        raise Malformed("推送的 JSON 嵌套太深", hint="检查推送方的格式设置")
    return value


def _depth(value: Any) -> int:
    deepest, waiting = 0, [(value, 1)]
    while waiting:
        one, depth = waiting.pop()
        deepest = max(deepest, depth)
        if depth > _MAX_DEPTH:
            break
        if isinstance(one, dict):
            waiting += [(member, depth + 1) for member in one.values()]
        elif isinstance(one, list):
            waiting += [(member, depth + 1) for member in one]
    return deepest


def is_empty(value: Any) -> bool:
    """Tell whether a body says nothing: what senders post to see whether anybody is there."""
    return value in ({}, [], None)


def at(value: Any, path: str) -> Any:
    """Return what stands at a dotted path, list places as numbers; ``None`` if nothing does."""
    for name in path.split("."):
        if isinstance(value, Mapping):
            value = value.get(name)
        elif isinstance(value, list) and name.isdecimal() and int(name) < len(value):
            value = value[int(name)]
        else:
            return None
    return value


def text_at(value: Any, path: str) -> str:
    """Return a text or number at a path as text; ``""`` for anything else."""
    found = at(value, path)
    if isinstance(found, bool) or not isinstance(found, str | int | float):
        return ""
    return str(found).strip()


def needed(value: Any, path: str) -> str:
    """Return a text at a path.

    Raises:
        Malformed: If there is none.
    """
    found = text_at(value, path)
    if not found:
        raise Malformed(f"推送里没有 {path}", hint="检查推送方的格式设置")
    return found


def object_at(value: Any, path: str) -> dict[str, Any]:
    """Return the object at a path.

    Raises:
        Malformed: If there is none.
    """
    found = at(value, path) if path else value
    if not isinstance(found, dict):
        raise Malformed(f"推送里的 {path or '内容'} 不是对象", hint="检查推送方的格式设置")
    return found


def list_at(value: Any, path: str) -> list[Any]:
    """Return the list at a path, empty if there is none."""
    found = at(value, path)
    return found if isinstance(found, list) else []
