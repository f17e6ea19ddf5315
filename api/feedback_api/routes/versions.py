"""``ETag`` and ``If-Match`` of a request: its version, in quotes."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import Depends, Header, Path
from pydantic import WithJsonSchema

from feedback_api.validation import REQUEST_KEY
from feedback_nlp.errors import InputError

_TAG = re.compile(r'"([1-9][0-9]{0,8})"')

RequestKey = Annotated[
    str,
    Path(pattern=REQUEST_KEY, description="需求编号", examples=["REQ-12"]),
]


def etag(version: int) -> str:
    """Return the ``ETag`` of a version."""
    return f'"{version}"'


def _version(
    if_match: Annotated[
        str | None,
        WithJsonSchema(
            {"type": "string", "pattern": r'^(\*|"[1-9][0-9]{0,8}")$', "examples": ['"3"', "*"]}
        ),
        Header(description="你看到的版本（ETag 原样写回）；已被别人改过就返回 409"),
    ] = None,
) -> int | None:
    """Return the version that the caller saw, ``None`` if it does not say or takes any.

    Raises:
        InputError: If the header is not one that we gave out.
    """
    if if_match is None or if_match.strip() == "*":
        return None
    found = _TAG.fullmatch(if_match.strip())
    if found is None:
        raise InputError(f"If-Match 写成了 {if_match[:50]!r}", reason="bad-if-match")
    return int(found[1])


SeenVersion = Annotated[int | None, Depends(_version)]
"""What ``If-Match`` names."""
