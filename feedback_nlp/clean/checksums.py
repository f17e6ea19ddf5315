"""Check digits of Chinese identity cards and of bank cards."""

from __future__ import annotations

import re
from datetime import date

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK = "10X98765432"
_PROVINCE = re.compile(r"1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3]")
_LUHN_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)


def is_identity_card(number: str) -> bool:
    """Tell whether 18 (or 15, the old form) ASCII characters are a possible identity card.

    Province, birthday and, for 18 digits, the check digit must be right.

    Source: GB 11643-1999, check digit by ISO 7064:1983 MOD 11-2.
    """
    if not _PROVINCE.match(number):
        return False
    if len(number) == 15:
        return number.isdigit() and _is_day("19" + number[6:12])
    return has_identity_check(number)


def has_identity_check(number: str) -> bool:
    """Tell whether 18 characters hold a birthday and the right check digit, whatever the place.

    A number that is none passes once in some 30,000: enough to hide it, not to accept it.
    """
    if len(number) != 18 or not number[:17].isdigit() or not _is_day(number[6:14]):
        return False
    return identity_check_digit(number[:17]) == number[17].upper()


def identity_check_digit(first_17: str) -> str:
    """Return the 18th character for the first 17 digits of an identity card."""
    total = sum(int(digit) * weight for digit, weight in zip(first_17, _WEIGHTS, strict=True))
    return _CHECK[total % 11]


def passes_luhn(number: str) -> bool:
    """Tell whether a string of ASCII digits ends in its Luhn check digit.

    Source: ISO/IEC 7812-1, annex B.
    """
    reverse = number[::-1]
    total = sum(map(int, reverse[0::2])) + sum(_LUHN_DOUBLED[int(digit)] for digit in reverse[1::2])
    return total % 10 == 0


def _is_day(digits: str) -> bool:
    if not ("01" <= digits[4:6] <= "12" and "01" <= digits[6:8] <= "31"):
        return False
    try:
        date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
    except ValueError:
        return False
    return 1900 <= int(digits[:4]) <= 2100
