"""Makes of a text as it came in the text that is stored."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from feedback_nlp.clean.characters import clean_characters
from feedback_nlp.clean.folding import STAND_IN, folded_signs
from feedback_nlp.clean.gate import may_hold_personal_data
from feedback_nlp.clean.markup import strip_markup
from feedback_nlp.clean.personal import find_personal_data
from feedback_nlp.clean.pseudonyms import PSEUDONYM_HEX, Pseudonymizer

_PASSES = 5
_NONE: Mapping[str, int] = MappingProxyType({})


class Prepared(NamedTuple):
    """A text fit for storage.

    Attributes:
        text: Without controls, markup and personal data; trimmed. May be empty.
        redactions: How many pieces of each kind were replaced, by Chinese kind.
    """

    text: str
    redactions: Mapping[str, int] = _NONE


def prepare(text: str, pseudonymizer: Pseudonymizer, *, digits: int = PSEUDONYM_HEX) -> Prepared:
    """Clean and redact ``text`` for storage.

    Preparing a prepared text changes nothing. Never raises on any string.

    >>> prepare("订的海景房没了，回我13812345678", Pseudonymizer(b"0" * 32))
    Prepared(text='订的海景房没了，回我〔手机号·efd7〕', redactions={'手机号': 1})

    Args:
        text: As it came in; may hold NUL, lone surrogates, HTML.
        pseudonymizer: Gives the same value the same stand-in.
        digits: Hex digits of a stand-in, see :meth:`Pseudonymizer.pseudonym`.
    """
    clean = clean_characters(text)
    if "<" in clean or "&" in clean:
        clean = strip_markup(clean)
    clean = clean.strip()
    signs = folded_signs(clean)
    if not may_hold_personal_data(signs):
        return Prepared(clean)
    redactions: dict[str, int] = {}
    # A second look: what is replaced may have hidden the edge of what stands beside it.
    for _ in range(_PASSES):
        found = find_personal_data(clean, signs)
        if not found:
            break
        pieces: list[str] = []
        position = 0
        for datum in found:
            pieces += (
                clean[position : datum.start],
                pseudonymizer.pseudonym(datum.kind, datum.value, digits),
            )
            position = datum.end
            redactions[datum.kind] = redactions.get(datum.kind, 0) + 1
        clean = "".join(pieces) + clean[position:]
        signs = folded_signs(clean)
        if not may_hold_personal_data(STAND_IN.sub("\0", signs)):
            break
    return Prepared(clean.strip(), redactions)
