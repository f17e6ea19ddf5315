"""One find of personal data."""

from __future__ import annotations

import re
from typing import NamedTuple


class PersonalDatum(NamedTuple):
    """One find: ``text[start:end]``, the Chinese word for its kind, its canonical value.

    Finders return spans in the folded text; :func:`find_personal_data` those of the original.
    """

    start: int
    end: int
    kind: str
    value: str


_DATE = re.compile(r"(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])")


def is_date(digits: str) -> bool:
    """Tell whether eight digits are a day written without marks."""
    return _DATE.fullmatch(digits) is not None


def digit_count(value: str) -> int:
    """Count the digits in ``value``."""
    return sum(map(str.isdigit, value))
