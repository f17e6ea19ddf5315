"""Adapter of ``phonenumbers``: is this a telephone number of the mainland?"""

from __future__ import annotations

from functools import lru_cache

import phonenumbers


@lru_cache(maxsize=4096)
def is_chinese_number(digits: str) -> bool:
    """Tell whether national ``digits`` (with the leading 0 of an area code) can be dialled in CN."""
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(digits, "CN"))
    except phonenumbers.NumberParseException:
        return False
