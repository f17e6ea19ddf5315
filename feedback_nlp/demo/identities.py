"""Personal data that nobody has: right in form and check digit, plainly invented."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from feedback_nlp.clean.checksums import identity_check_digit


def invented(kind: str, random: Random) -> str:
    """Return a value of one kind of ``[personal]`` in ``corpora/demo/voices.toml``.

    Raises:
        KeyError: If the kind is unknown.
    """
    return _MAKERS[kind](random)


def _mobile(random: Random) -> str:
    number = f"1{random.choice('3589')}0 0000 {random.randrange(10_000):04d}"
    return random.choice((number.replace(" ", ""), number, number.replace(" ", "-")))


def _identity_card(random: Random) -> str:
    # Born on 1 January 1900 in a district code of the capital.
    first = f"11010119000101{random.randrange(1000):03d}"
    return first + identity_check_digit(first)


def _bank_card(random: Random) -> str:
    first = f"622200000000{random.randrange(10**6):06d}"
    digits = [int(digit) for digit in reversed(first)]
    doubled = [digit * 2 - 9 * (digit > 4) for digit in digits[0::2]]
    return first + str(-(sum(doubled) + sum(digits[1::2])) % 10)


_MAKERS: dict[str, Callable[[Random], str]] = {
    "手机号": _mobile,
    "座机": lambda random: f"010-6000{random.randrange(10_000):04d}",
    "身份证": _identity_card,
    "银行卡": _bank_card,
    "邮箱": lambda random: f"nobody{random.randrange(1000)}@example.com",
    "微信": lambda random: f"nobody_{random.randrange(1000, 10_000)}",
    "QQ": lambda random: f"10000{random.randrange(1000, 10_000)}",
    "车牌": lambda random: f"京A{random.randrange(1000):03d}0{random.randrange(10)}",
    "订单号": lambda random: f"MK20261100{random.randrange(10**6):06d}",
    "地址": lambda random: (
        f"样板路{random.randrange(1, 99)}号{random.randrange(1, 9)}栋"
        f"{random.randrange(1, 4)}单元{random.randrange(101, 999)}室"
    ),
}
