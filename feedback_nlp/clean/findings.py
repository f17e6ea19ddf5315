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


_NO_DIGIT, _NO_SIGN = re.compile("[^0-9]"), re.compile("[^0-9a-z]")
_DATE = re.compile(r"(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])")


def is_date(digits: str) -> bool:
    """Tell whether eight digits are a day written without marks."""
    return _DATE.fullmatch(digits) is not None


def digits_of(value: str) -> str:
    """Return the ASCII digits of ``value``, without what stands between them."""
    return _NO_DIGIT.sub("", value)


def signs_of(folded: str) -> str:
    """Return the ASCII letters and digits of a folded value, without what stands between them."""
    return _NO_SIGN.sub("", folded)


def digit_count(value: str) -> int:
    """Count the digits in ``value``."""
    return sum(map(str.isdigit, value))
