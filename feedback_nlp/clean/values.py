"""Redacts every value that is stored, whatever its type: the one door besides the text.

Source: docs/decisions/0007-redaction.md.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from numbers import Integral

from feedback_nlp.clean.preparation import prepare
from feedback_nlp.clean.pseudonyms import Pseudonymizer

_MAX_DEPTH = 64
_TOO_DEEP = "〔嵌套超过 64 层，未保留〕"
_KEY_HEX = 16  # keys must stay apart: 64 bits, where a text's stand-in has 16
_LABEL_CHARS = 40
_MOST_DIGITS = 400  # of a number; Python itself refuses to write one of more than 4,300
_WHOLE_STAND_IN = re.compile(r"〔[^〔〕·]{1,6}·[0-9a-f]{4,16}〕")


def redact_value(value: object, pseudonymizer: Pseudonymizer, *, label: str = "") -> object:
    """Return ``value`` as it may be stored: no personal data at any depth.

    Strings are cleaned and redacted like a text (:func:`prepare`). Whole numbers, also
    floats such as the 13812345678.0 of a spreadsheet, become a stand-in if their digits
    are personal and else stay numbers. Lists and tuples become lists, mappings become
    dicts with redacted keys; the key is the label of what it holds, so that
    ``{"微信号": "xiaoming"}`` is understood. ``None``, booleans, times and other objects
    stay. Redacting a redacted value changes nothing. Never raises.

    Args:
        value: Anything read from JSON, a spreadsheet or a form.
        pseudonymizer: Keyed by the deployment's secret.
        label: What the value is called where it comes from: a column, a question.
    """
    return _redacted(value, pseudonymizer, label, 0)


def redact_key(key: str, pseudonymizer: Pseudonymizer) -> str:
    """Return an identifier of a row or thread as it may be stored, unique as before.

    Personal data in it gets a stand-in of 64 bits instead of 16, so that two rows do not
    become one. Never raises.
    """
    return prepare(key, pseudonymizer, digits=_KEY_HEX).text


def _redacted(value: object, pseudonymizer: Pseudonymizer, label: str, depth: int) -> object:
    match value:
        case str():
            return _text(value, pseudonymizer, label)
        case bool() | None:
            return value
        case Integral() | float() | Decimal():
            return _number(value, pseudonymizer, label)
        case bytes() | bytearray():
            return _text(bytes(value).decode("utf-8", "replace"), pseudonymizer, label)
        case Mapping() | list() | tuple() | set() | frozenset() if depth >= _MAX_DEPTH:
            return _TOO_DEEP
        case Mapping():
            return _mapping(value, pseudonymizer, depth)
        case list() | tuple() | set() | frozenset():
            return [_redacted(member, pseudonymizer, label, depth + 1) for member in value]
        case _:
            return value


def _mapping(value: Mapping[object, object], pseudonymizer: Pseudonymizer, depth: int) -> object:
    redacted: dict[object, object] = {}
    for key, member in value.items():
        name = _redacted(key, pseudonymizer, "", depth + 1)
        label = key if isinstance(key, str) else ""
        redacted[_free(name, redacted)] = _redacted(member, pseudonymizer, label, depth + 1)
    return redacted


def _free(name: object, taken: Mapping[object, object]) -> object:
    """Return ``name``, numbered if two keys have become one: nothing is lost."""
    number = 2
    free = name
    while free in taken:
        free = f"{name} ({number})".strip()
        number += 1
    return free


def _number(value: Integral | float | Decimal, pseudonymizer: Pseudonymizer, label: str) -> object:
    try:
        whole = int(value)
    except (ValueError, OverflowError):  # not a number, infinite
        return value
    if whole != value or abs(whole) >= 10**_MOST_DIGITS:
        return value
    digits = str(whole)
    masked = _text(digits, pseudonymizer, label)
    return value if masked == digits else masked


def _text(text: str, pseudonymizer: Pseudonymizer, label: str) -> str:
    alone = prepare(text, pseudonymizer).text
    if not label or not alone or _WHOLE_STAND_IN.fullmatch(alone):
        return alone
    # The label stands before the value as people write it: 微信号：xiaoming.
    head = f"{label[-_LABEL_CHARS:].rstrip(':： ')}："
    head = prepare(head, pseudonymizer).text
    told = prepare(head + alone, pseudonymizer).text
    return told[len(head) :] if told.startswith(head) else alone
