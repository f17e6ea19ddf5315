"""Things that people keep under a name, for everybody: schemes of weights, views of a list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from feedback_nlp.clean.characters import one_line
from feedback_nlp.errors import InputError

_MAX_NAME = 40

_Kept = TypeVar("_Kept")


def with_named(
    kept: Mapping[str, _Kept], name: str, value: _Kept, *, what: str, most: int
) -> dict[str, _Kept]:
    """Return what is kept with a value under a name, in place of what was kept under it.

    Args:
        kept: By name.
        name: Blanks around it do not matter.
        value: What is to be kept.
        what: What such things are called, in Chinese.
        most: So many may be kept.

    Raises:
        InputError: If the name is not usable or there are too many.
    """
    name = one_line(name)
    if not 0 < len(name) <= _MAX_NAME:
        raise InputError(f"{what}名长度是 {len(name)}", hint=f"应为 1–{_MAX_NAME} 个字")
    together = {**kept, name: value}
    if len(together) > most:
        raise InputError(f"已经有 {most} 个{what}", hint="先删掉一个")
    return together
