"""First looks at every text are written so that ``re`` steps over most of it."""

import re
from re import _compiler, _parser  # type: ignore[attr-defined]

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback_nlp.clean import content, folding, gate, identifiers, mail, personal, spots
from feedback_nlp.clean.address_parts import HINT
from feedback_nlp.clean.alternatives import by_first_class, by_first_sign
from feedback_nlp.clean.full_names import named_hint

_ALTERNATIVES = (("0-9", "[号楼]"), ("一二三", "[楼层]"), ("微", ""), ("0-9", " ?栋"))
_PLAIN = re.compile("|".join(f"[{signs}]{rest}" for signs, rest in _ALTERNATIVES))
_FIRST_LOOKS = {
    "shared": content._SHARED,
    "page marks": content._PAGE_MARK,
    "placeholders": content._LONG_TELLING,
    "digits": gate._FROM_DIGIT,
    "signs": gate._FROM_SIGN,
    "plates": gate._FROM_HAN,
    "Chinese numbers": gate._HAN_NUMBER,
    "people": gate._PERSON,
    "names": named_hint(),
    "addresses": HINT,
    "at signs": mail._AT_HINT,
    "hosts": mail._HOST_HINT,
    "letters": personal._LETTER_OR_DIGIT,
    "labels": spots._families()[0],
    "numbers before their word": identifiers._AFTER_HINT,
    "letters among digits": folding._MISTYPED,
}


@given(st.text(alphabet="0一二微号楼层栋 x"))
def test_classes_in_front_find_what_plain_alternatives_find(text: str) -> None:
    led = re.compile(by_first_class(*_ALTERNATIVES))
    assert [m.span() for m in led.finditer(text)] == [m.span() for m in _PLAIN.finditer(text)]


def test_words_grouped_by_their_first_sign_are_the_same_words() -> None:
    words = ["订单号", "订票", "运单", "单号"]
    grouped = re.compile(by_first_sign(words))
    assert grouped.findall("订单号、订票、运单、单号、订金") == words


@pytest.mark.parametrize("name", _FIRST_LOOKS)
def test_the_signs_a_first_look_begins_with_are_known_beforehand(name: str) -> None:
    pattern = _FIRST_LOOKS[name]
    parsed = _parser.parse(pattern.pattern, pattern.flags)
    flags = parsed.state.flags
    assert not flags & re.IGNORECASE  # then ``re`` looks for no first sign
    begins = _compiler._get_literal_prefix(parsed, flags)[0]
    assert begins or _compiler._get_charset_prefix(parsed, flags)
