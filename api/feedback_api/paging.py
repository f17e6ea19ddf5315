"""Cursor paging: ``?limit=50&cursor=…`` → ``{"items": […], "next_cursor": …}`` and a Link header.

A cursor is the sort key of the last row of a page, so pages do not shift when rows
arrive. It is opaque to callers and checked like any other input.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from fastapi import Request, Response

from feedback_api.validation import MAX_ID
from feedback_nlp.errors import InputError

T = TypeVar("T")
P = TypeVar("P")


def encode_cursor(kind: str, key: Sequence[str | int | float]) -> str:
    """Return the opaque cursor of a position in the list ``kind``."""
    raw = json.dumps([kind, *key], separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def decode_cursor(kind: str, cursor: str | None, parse: Callable[[list[Any]], P]) -> P | None:
    """Return the position a cursor stands for, ``None`` for the first page.

    Args:
        kind: The list it must belong to.
        cursor: What the caller sent.
        parse: Builds the position from the key; may raise ``ValueError`` or ``TypeError``.

    Raises:
        InputError: If the cursor is not one that this list gave out.
    """
    if cursor is None:
        return None
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        found_kind, *key = json.loads(base64.urlsafe_b64decode(padded.encode("ascii")))
        if found_kind != kind:
            raise ValueError(found_kind)
        return parse(key)
    except (ValueError, TypeError, OverflowError, RecursionError, binascii.Error) as error:
        raise InputError("cursor 不是这个列表给出的", hint="去掉 cursor 从第一页重新取") from error


def cut_page(
    rows: Sequence[T],
    limit: int,
    cursor_of: Callable[[T], str],
    *,
    request: Request,
    response: Response,
) -> tuple[list[T], str | None]:
    """Cut ``limit`` rows off ``limit + 1`` fetched ones, and link to the next page if there is one."""
    page = list(rows[:limit])
    if len(rows) <= limit:
        return page, None
    cursor = cursor_of(page[-1])
    url = request.url.include_query_params(cursor=cursor)
    response.headers["Link"] = f'<{url.path}?{url.query}>; rel="next"'
    return page, cursor


def bounded(value: object) -> int:
    """Return an integer that any database takes.

    Raises:
        ValueError: If it is something else.
    """
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_ID:
        raise ValueError(value)
    return value
