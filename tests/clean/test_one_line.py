from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback_nlp.clean.characters import one_line


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  闪退 ", "闪退"),
        ("闪\u200b退\x1b[31m", "闪退[31m"),
        ("第一行\r\n第二行\t完", "第一行 第二行 完"),
        ("\u202e倒着\ufeff", "倒着"),
        ("\x1b\u200b\x85", ""),
        ("家庭 👨‍👩‍👧 账户", "家庭 👨‍👩‍👧 账户"),
    ],
)
def test_a_line_is_what_can_be_seen(typed: str, kept: str) -> None:
    assert one_line(typed) == kept


@given(st.text())
def test_a_line_stays_what_it_is(text: str) -> None:
    line = one_line(text)
    assert one_line(line) == line
    assert "\n" not in line
    assert "\x1b" not in line
