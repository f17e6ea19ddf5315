"""Adapter of OpenCC, the only one: Traditional to Simplified Chinese, word by word."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from opencc import OpenCC


def simplified_words(text: str) -> str:
    """Return ``text`` in Simplified characters; words decide (乾燥 → 干燥, but 乾隆 stays).

    >>> simplified_words("乾燥的乾隆")
    '干燥的乾隆'
    """
    converted: str = _converter().convert(text)
    return converted


@cache
def _converter() -> OpenCC:
    from opencc import OpenCC  # noqa: PLC0415 - seldom needed

    return OpenCC("t2s")
