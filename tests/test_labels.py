from __future__ import annotations

from enum import StrEnum

import pytest

from feedback_nlp import labels


@pytest.mark.parametrize(
    "value",
    [
        value
        for kind in vars(labels).values()
        if isinstance(kind, type) and issubclass(kind, StrEnum) and kind is not StrEnum
        for value in kind
    ],
    ids=repr,
)
def test_every_label_has_a_chinese_word(value: StrEnum) -> None:
    assert any("一" <= character <= "鿿" for character in labels.label(value))
