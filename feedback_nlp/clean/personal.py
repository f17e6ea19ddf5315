"""Finds personal data: what kind, where, and its canonical value.

All rules read a folded text (:mod:`folding`), in which every digit is an ASCII digit, so
that a value has one canonical form however it was written. Repetitions are bounded or
delimited and no quantifier nests in another over the same characters: matching is linear.

Source: docs/decisions/0007-redaction.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from feedback_nlp.clean.address import find_addresses
from feedback_nlp.clean.alternatives import by_first_class
from feedback_nlp.clean.codes import JOINER, MARK_WORDS
from feedback_nlp.clean.findings import PersonalDatum
from feedback_nlp.clean.folding import DIVIDERS, HAN_DIGITS, Folded, fold_for_search, folded_signs
from feedback_nlp.clean.identifiers import find_identifiers
from feedback_nlp.clean.labelled import (
    find_long_numbers,
    find_orders,
    find_qq,
    find_wechat,
)
from feedback_nlp.clean.links import find_in_links, find_links
from feedback_nlp.clean.mail import find_mail
from feedback_nlp.clean.numbers import find_foreign_numbers, find_mistyped_numbers, find_numbers
from feedback_nlp.clean.passports import find_passports
from feedback_nlp.clean.people import find_names, find_nicknames
from feedback_nlp.clean.plates import find_plates
from feedback_nlp.clean.split_numbers import find_split_numbers
from feedback_nlp.clean.spots import find_spots

# First looks, which only save time. Five digits near one another: without them there is no number.
_DIGITS = re.compile(
    f"[0-9{HAN_DIGITS}](?:(?:[{DIVIDERS}]{{0,4}}| ?{MARK_WORDS} ?)[0-9{HAN_DIGITS}]){{4}}|[0-9]{JOINER}[0-9]{{2}}"
)
_LETTER_OR_DIGIT = re.compile(by_first_class(("0-9a-z", ""), ("工警胸", "[号牌]")))
_KIND_OF_ADDRESS = "地址"


def find_personal_data(text: str, signs: str | None = None) -> list[PersonalDatum]:
    """Return finds in text order, not overlapping. Never raises on any string.

    Args:
        text: As it came.
        signs: Its :func:`folded_signs`, if they are known.
    """
    links = list(find_links(text))
    folded = fold_for_search(folded_signs(text) if signs is None else signs, links)
    found = list(_find_in(folded, text))
    if folded.starts:  # places in the folded text are others than in the text
        found = [
            PersonalDatum(*folded.span(start, end), kind, value)
            for start, end, kind, value in found
        ]
    found = [*find_in_links(text, links), *found]
    return found if len(found) < 2 else sorted(_without_overlaps(found))


def _find_in(folded: Folded, text: str) -> Iterator[PersonalDatum]:
    """Yield finds by rule, the most telling rules first, with spans in the folded text."""
    signs = folded.text
    has_digits = False
    if _LETTER_OR_DIGIT.search(signs):
        has_digits = _DIGITS.search(signs) is not None
        yield from _numbers_and_codes(signs, signs if folded.starts else text, has_digits)
    yield from find_nicknames(signs)
    yield from find_names(signs)
    if has_digits:
        yield from find_long_numbers(signs)
    for start, end in find_addresses(signs):
        yield PersonalDatum(start, end, _KIND_OF_ADDRESS, signs[start:end].replace(" ", ""))


def _numbers_and_codes(signs: str, original: str, has_digits: bool) -> Iterator[PersonalDatum]:
    spots = find_spots(signs)
    yield from find_mail(signs)
    numbers = list(find_numbers(signs)) if has_digits else []
    yield from find_split_numbers(signs)
    if has_digits:
        yield from (number for number in numbers if number.kind == "身份证")
        yield from find_passports(signs, spots)
    yield from find_identifiers(signs, spots)
    yield from find_orders(signs, spots)
    yield from (number for number in numbers if number.kind == "银行卡")
    yield from find_plates(signs, original)
    yield from (number for number in numbers if number.kind == "手机号")
    if has_digits:
        yield from find_foreign_numbers(signs)
    yield from find_mistyped_numbers(signs)
    yield from find_wechat(signs, spots)
    if has_digits:
        yield from find_qq(signs, spots)
        yield from (number for number in numbers if number.kind == "座机")


def _without_overlaps(found: list[PersonalDatum]) -> Iterator[PersonalDatum]:
    taken = bytearray()
    for datum in found:
        if len(taken) < datum.end:
            taken.extend(bytes(datum.end - len(taken)))
        if not any(taken[datum.start : datum.end]):
            taken[datum.start : datum.end] = b"\1" * (datum.end - datum.start)
            yield datum
