"""Adapter of ``phonenumbers``: can this be dialled?"""

from __future__ import annotations

from functools import lru_cache


@lru_cache(maxsize=4096)
def is_chinese_number(digits: str) -> bool:
    """Tell whether national ``digits`` (with the leading 0 of an area code) can be dialled in CN."""
    return _is_valid(digits, "CN")


@lru_cache(maxsize=4096)
def is_international_number(number: str) -> bool:
    """Tell whether ``+`` and digits are a number of any country."""
    return _is_valid(number, None)


@lru_cache(maxsize=4096)
def may_be_international_number(number: str) -> bool:
    """Tell the same by the length alone: of a block that is new, or that only films use."""
    import phonenumbers  # noqa: PLC0415

    try:
        told = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return False
    reason = phonenumbers.is_possible_number_for_type_with_reason(
        told, phonenumbers.PhoneNumberType.MOBILE
    )
    return bool(reason == phonenumbers.ValidationResult.IS_POSSIBLE)


def _is_valid(number: str, region: str | None) -> bool:
    import phonenumbers  # noqa: PLC0415 - holds the numbering plans of the world

    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(number, region))
    except phonenumbers.NumberParseException:
        return False
