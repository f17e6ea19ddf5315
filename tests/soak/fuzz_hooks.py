"""What no document can say of a valid request, for schemathesis: loaded by :mod:`tests.soak.fuzz`.

A key that was used for another body, and a cursor that no list gave out, are refused for what
was said before, not for their shape; a file is refused for what is in it. So a request that is
meant to be valid gets a key of its own, no cursor, and a file of one line whose columns need no
names; what is meant to be invalid is sent as it is, but for its key: a used one would be answered
as it was before.
"""

from __future__ import annotations

import re
import uuid
from typing import Any

import schemathesis  # type: ignore[import-not-found]

_KEY = re.compile(r"[!-~]{1,200}")  # one that is too long is meant to be refused


@schemathesis.hook  # type: ignore[untyped-decorator]
def before_call(_context: Any, case: Any, _options: Any) -> None:
    """Make a request one that does not depend on earlier ones."""
    for name in list(case.headers or ()):
        if name.lower() == "idempotency-key" and _KEY.fullmatch(str(case.headers[name])):
            case.headers[name] = uuid.uuid4().hex
    meta = case.meta
    if meta is None or not meta.generation.mode.is_positive:
        return
    for name in list(case.headers or ()):
        if name.lower() == "if-match":  # the tool sends 0 here, which its pattern forbids
            case.headers[name] = "*"
    for name, value in (case.path_parameters or {}).items():
        if value in (None, "None"):  # the tool follows a link from a field that is null
            case.path_parameters[name] = 1
    if case.query:
        case.query.pop("cursor", None)
    if isinstance(case.body, dict) and "file" in case.body:
        case.body["file"] = "text\n打开就闪退\n"
        for name in ("text_column", "id_column", "sheet", "keep"):
            case.body.pop(name, None)
