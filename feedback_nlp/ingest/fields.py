"""The fields a column can be mapped to, and the ``--map`` option."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from feedback_nlp.errors import InputError

FIELDS: Mapping[str, str] = {
    "text": "正文",
    "title": "标题",
    "source_key": "编号",
    "rating": "评分",
    "occurred_at": "时间",
    "author": "用户",
    "product": "产品",
    "channel": "渠道",
    "app_version": "版本",
    "device": "设备",
    "region": "地区",
    "segment": "用户类型",
    "thread_key": "会话",
    "reach": "热度",
    "crawled_at": "抓取时间",
}
"""Field name to the Chinese word for it; both may be written in ``--map``."""

MAX_CHARS: Mapping[str, int] = {
    "title": 500,
    "source_key": 300,
    "thread_key": 300,
    "product": 200,
    "channel": 100,
    "app_version": 60,
    "device": 200,
    "region": 100,
    "segment": 100,
}
"""Longest value that the store keeps, in characters."""

_BY_WORD = {word: name for name, word in FIELDS.items()}
_UNSTORABLE = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")

UNKNOWN_KIND = "看不出是哪类来源，新来源按应用内反馈登记；不对请指明来源类型"
"""Remark of a file whose kind neither layout nor columns tell; void where a person named it."""


_BROKEN = re.compile("[\0\ud800-\udfff]")


def has_broken_characters(text: str) -> bool:
    """Whether a text holds NUL or half a character (a cut emoji): its end cannot be trusted."""
    return not text.isprintable() and _BROKEN.search(text) is not None


def storable(text: str) -> str:
    """Drop control characters and lone surrogates, which no database takes."""
    return text if text.isprintable() else _UNSTORABLE.sub("", text)


def field_named(word: str) -> str | None:
    """Return the field for an English or Chinese name, or ``None``."""
    word = word.strip()
    return word if word in FIELDS else _BY_WORD.get(word)


def parse_mapping(options: Iterable[str]) -> dict[str, str]:
    """Parse ``--map`` options into column by field.

    Each is ``列名=字段``; ``字段=列名`` is understood too where it is not ambiguous.

    Raises:
        InputError: If an option names no field, or a field twice.
    """
    mapping: dict[str, str] = {}
    for option in options:
        left, _, _ = option.partition("=")
        head, equals, tail = option.rpartition("=")
        if (name := field_named(tail)) is not None:
            column = head
        elif (name := field_named(left)) is not None:
            column = option.partition("=")[2]
        if not equals or name is None or not column.strip():
            raise InputError(
                f"列的对应 {option!r} 看不懂",
                hint=f"写成 列名=字段，字段可以是 {'、'.join(FIELDS)}",
            )
        if name in mapping:
            raise InputError(f"列的对应里字段 {name} 写了两次", hint="一个字段只对应一列")
        mapping[name] = column.strip()
    return mapping
