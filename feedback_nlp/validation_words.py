"""Pydantic's findings in Chinese: one table for settings, ``pipeline.toml`` and the command line.

The HTTP API has messages of its own, which name JSON instead of files and flags.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# Pydantic's error type → what people read; the braces are filled from the error's context.
_MESSAGES: dict[str, str] = {
    "missing": "缺少这一项",
    "extra_forbidden": "没有这一项，检查拼写",
    "int_parsing": "应是整数",
    "int_type": "应是整数",
    "int_from_float": "应是整数，不带小数",
    "float_parsing": "应是数",
    "float_type": "应是数",
    "bool_parsing": "应是 true 或 false",
    "bool_type": "应是 true 或 false",
    "string_type": "应是文字",
    "dict_type": "应是一节或一个表",
    "list_type": "应是列表",
    "tuple_type": "应是列表",
    "too_short": "至少要 {min_length} 个",
    "greater_than": "应大于 {gt}",
    "greater_than_equal": "不能小于 {ge}",
    "less_than": "应小于 {lt}",
    "less_than_equal": "不能大于 {le}",
    "literal_error": "应是 {expected} 之一",
    "enum": "应是 {expected} 之一",
}


def described(problem: Mapping[str, Any]) -> str:
    """Return what is wrong with one value, in Chinese.

    Args:
        problem: One of ``ValidationError.errors()``.
    """
    context = {
        name: int(value) if isinstance(value, float) and value.is_integer() else value
        for name, value in problem.get("ctx", {}).items()
    }
    if "expected" in context:
        context["expected"] = str(context["expected"]).replace(" or ", "、").replace(", ", "、")
    template = _MESSAGES.get(str(problem["type"]))
    if template is not None:
        return template.format(**context)
    if problem["type"] == "value_error":
        return str(context["error"])  # our own words
    return f"不合要求（{problem['type']}）"
