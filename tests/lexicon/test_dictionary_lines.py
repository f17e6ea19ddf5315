from __future__ import annotations

import pytest

from feedback_nlp.errors import InputError
from feedback_nlp.labels import WordKind
from feedback_nlp.lexicon import DictionaryLine, check_word, format_line, parse_dictionary


def test_lines_of_jieba_are_read() -> None:
    lines = ["\ufeff红包雨 120 n", "", "# 注释", "蛋仔码", "上头 v", "米家2.0 5", "套餐 stop"]
    assert list(parse_dictionary(lines)) == [
        DictionaryLine("红包雨", 120, "n", WordKind.PRODUCT),
        DictionaryLine("蛋仔码", None, "n", WordKind.PRODUCT),
        DictionaryLine("上头", None, "v", WordKind.SLANG),
        DictionaryLine("米家2.0", 5, "n", WordKind.VERSION),
        DictionaryLine("套餐", None, "u", WordKind.STOP),
    ]


@pytest.mark.parametrize(
    "line",
    [
        DictionaryLine("红包雨", 120, "nz", WordKind.PRODUCT),
        DictionaryLine("蛋仔码", None, "n", WordKind.PRODUCT),
        DictionaryLine("套餐", None, "u", WordKind.STOP),
    ],
)
def test_what_is_written_is_read_again(line: DictionaryLine) -> None:
    assert list(parse_dictionary([format_line(line)])) == [line]


@pytest.mark.parametrize(
    "line", ["好词 3 n x", "好词 3 4", "单 n", "好，词", "好词 n-1", "词" * 21]
)
def test_a_bad_line_is_named(line: str) -> None:
    with pytest.raises(InputError, match="第 2 行"):
        list(parse_dictionary(["红包雨", line]))


def test_blanks_around_a_word_do_not_count() -> None:
    assert check_word(" 红包雨\n") == "红包雨"
    with pytest.raises(InputError):
        check_word("iPhone X")
