"""Bounded field types, and pydantic's findings said in Chinese.

Bounds keep what a database cannot hold out of it: NUL (PostgreSQL refuses it), lone
surrogates (no UTF-8 form; pydantic refuses them), integers beyond 32 bits, times
before 1990 or after 2100.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    Field,
    StringConstraints,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from feedback_nlp.clean.characters import UNSEEN, clean_characters

MAX_ID = 2**31 - 1
REQUEST_KEY = r"^REQ-[1-9][0-9]{0,8}$"
_NO_NUL = r"^[^\x00]*$"
_SAID = rf"^[^\x00]*[^\s{UNSEEN}][^\x00]*$"
_SEEN = rf"^[^{UNSEEN}]*[^\s{UNSEEN}][^{UNSEEN}]*$"
_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
_LATEST = datetime(2100, 1, 1, tzinfo=UTC)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_MOMENT = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?([Zz]|[+-]\d{2}:\d{2})?"
)

# pydantic's error type → what people read; the braces are filled from the error's context.
_MESSAGES: dict[str, str] = {
    "missing": "缺少这个字段",
    "extra_forbidden": "没有这个字段，检查拼写；别的信息请放进 meta",
    "string_type": "应是字符串",
    "string_unicode": "含有不成对的代理字符，无法存成 UTF-8",
    "string_too_short": "至少 {min_length} 个字符",
    "string_too_long": "最多 {max_length} 个字符",
    "string_pattern_mismatch": "写法不对，应符合 {pattern}",
    "enum": "应是 {expected} 之一",
    "literal_error": "应是 {expected} 之一",
    "int_parsing": "应是整数",
    "int_type": "应是整数",
    "int_from_float": "应是整数，不带小数",
    "float_parsing": "应是数",
    "float_type": "应是数",
    "bool_parsing": "应是 true 或 false",
    "bool_type": "应是 true 或 false",
    "list_type": "应是列表",
    "dict_type": "应是 JSON 对象",
    "model_type": "应是 JSON 对象",
    "model_attributes_type": "应是 JSON 对象",
    "greater_than": "应大于 {gt}",
    "less_than": "应小于 {lt}",
    "greater_than_equal": "不能小于 {ge}",
    "less_than_equal": "不能大于 {le}",
    "finite_number": "应是有限的数",
    "too_long": "最多 {max_length} 个，一次放不下请分批",
    "too_short": "至少 {min_length} 个",
    "json_invalid": "不是合法的 JSON",
    "moment": "{problem}",
}

_META_VALUE = "应是文字（最多 2,000 字）、数字、true、false、null，或文字的列表"


class FieldError(BaseModel):
    """One thing that is wrong with a request."""

    pointer: str = Field(
        description="哪个字段：请求体里的 JSON Pointer，或 query、path、header 参数",
        examples=["/items/0/text"],
    )
    code: str = Field(description="稳定的英文代码", examples=["missing"])
    detail: str = Field(description="怎么不对", examples=["缺少这个字段"])


def describe(
    errors: Iterable[Mapping[str, Any] | Any], *, prefix: Sequence[str | int] = ()
) -> list[FieldError]:
    """Turn pydantic's findings into field errors, without repeating what was sent.

    Args:
        errors: ``ValidationError.errors()``.
        prefix: Where the validated value sits in the request body.
    """
    found: list[FieldError] = []
    for error in errors:
        location = [*prefix, *error["loc"]]
        if "meta" in location[:-2] and location[-1] != "[key]":
            # A union gives one finding a branch; one says it all.
            of_meta = pointer(location[: location.index("meta") + 2])
            if not found or found[-1].pointer != of_meta:
                found.append(FieldError(pointer=of_meta, code="meta_value", detail=_META_VALUE))
            continue
        if error["type"] == "json_invalid":
            location = []  # pydantic gives the byte at which it gave up
        template = _MESSAGES.get(error["type"])
        context = {
            name: int(value) if isinstance(value, float) and value.is_integer() else value
            for name, value in error.get("ctx", {}).items()
        }
        if "expected" in context:
            context["expected"] = str(context["expected"]).replace(" or ", "、").replace(", ", "、")
        if error["type"] == "string_pattern_mismatch" and context.get("pattern") == _NO_NUL:
            template = "不能含有 NUL 字符"
        if error["type"] == "string_pattern_mismatch" and context.get("pattern") == _SAID:
            template = "不能只有空白和看不见的字符，也不能含有 NUL 字符"
        if error["type"] == "string_pattern_mismatch" and context.get("pattern") == _SEEN:
            template = "不能只有空白，也不能含有换行、控制字符等看不见的字符"
        detail = template.format(**context) if template else f"不合要求（{error['type']}）"
        found.append(FieldError(pointer=pointer(location), code=error["type"], detail=detail))
    return found


def pointer(location: Sequence[str | int]) -> str:
    """Return how a place in a request is named: a JSON Pointer, or ``query limit``."""
    parts = [
        clean_characters(str(part))[:100].replace("~", "~0").replace("/", "~1") for part in location
    ]
    if parts and parts[0] in {"query", "path", "header"}:
        return " ".join(parts)
    if parts and parts[0] == "body":
        parts = parts[1:]
    return "/" + "/".join(parts) if parts else ""


def _moment_error(problem: str) -> PydanticCustomError:
    return PydanticCustomError("moment", "{problem}", {"problem": problem})


def _only_iso_text(value: object) -> object:
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str) or not (_DATE.fullmatch(value) or _MOMENT.fullmatch(value)):
        raise _moment_error("应写成 2026-11-16 或 2026-11-16T09:30:00+08:00")
    try:
        return datetime.fromisoformat(value.upper())
    except ValueError:
        raise _moment_error("没有这个日期或时刻") from None


def _only_iso_day(value: object) -> object:
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        raise _moment_error("应写成 2026-11-16")
    return _within_reach(datetime.fromisoformat(str(_only_iso_text(value)))).date()


def _within_reach(value: datetime) -> datetime:
    comparable = value if value.tzinfo else value.replace(tzinfo=UTC)
    if not _EARLIEST <= comparable < _LATEST:
        raise _moment_error("应在 1990 年到 2099 年之间")
    return value


def _within_reach_or_at_its_end(value: datetime) -> datetime:
    return value if value == _LATEST.replace(tzinfo=value.tzinfo) else _within_reach(value)


def _whole_last_day(value: object) -> object:
    moment = _only_iso_text(value)
    if isinstance(value, str) and isinstance(moment, datetime) and _DATE.fullmatch(value):
        return _within_reach(moment) + timedelta(days=1)
    return moment


def in_zone(moment: datetime, zone: ZoneInfo) -> datetime:
    """Read a moment without an offset as local time of ``zone``."""
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


# Days that exist, from 1990 to 2099.
_DAY = (
    r"((199[0-9]|20[0-9]{2})-"
    r"((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)"
    r"|02-(0[1-9]|1[0-9]|2[0-8]))"
    r"|(199[26]|20([02468][048]|[13579][26]))-02-29)"
)
_MOMENT_SCHEMA = WithJsonSchema(
    {
        "type": "string",
        "pattern": (
            rf"^{_DAY}"
            r"([T ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,6})?)?"
            r"(Z|[+-](0[0-9]|1[0-4]):[0-5][0-9])?)?$"
        ),
    }
)

Moment = Annotated[
    datetime,
    BeforeValidator(_only_iso_text),
    AfterValidator(_within_reach),
    _MOMENT_SCHEMA,
]
"""A day or a moment, ISO 8601; local time of the configured zone if it has no offset."""

EndMoment = Annotated[
    datetime,
    BeforeValidator(_whole_last_day),
    AfterValidator(_within_reach_or_at_its_end),
    _MOMENT_SCHEMA,
]
"""The exclusive end of a stretch; a bare day includes that whole day."""

Day = Annotated[
    date,
    BeforeValidator(_only_iso_day),
    WithJsonSchema(
        {
            "type": "string",
            "format": "date",
            "pattern": r"^(199[0-9]|20[0-9]{2})-[0-9]{2}-[0-9]{2}$",
        }
    ),
]
"""A day, ISO 8601."""

Plain = Annotated[str, StringConstraints(pattern=_NO_NUL)]
"""A text without NUL; the field adds its length."""

Said = Annotated[str, StringConstraints(pattern=_SAID)]
"""A text of which something can be seen, without NUL; the field adds its length."""

Seen = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=_SEEN)]
"""A name in one line, every character of which can be seen."""

Word = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=_NO_NUL)]
"""A name or a filter value."""

Id = Annotated[int, Field(ge=1, le=MAX_ID)]
"""A database id."""
