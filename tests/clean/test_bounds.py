"""No text makes redaction or the advert rules do more than a fixed amount of work a character.

Work is counted, not timed: the widths that patterns can match, and the calls that are made.
"""

import inspect
import re
import sys
import tomllib
from collections.abc import Callable, Iterator
from re import _parser  # type: ignore[attr-defined]
from types import FrameType, ModuleType

import pytest

from feedback_nlp.clean import (
    Pseudonymizer,
    address,
    codes,
    fingerprint,
    folding,
    gate,
    identifiers,
    is_spam,
    labelled,
    links,
    mail,
    normalize,
    numbers,
    passports,
    people,
    personal,
    plates,
    prepare,
    split_numbers,
    spots,
    values,
)
from feedback_nlp.clean.labels import profile_link
from feedback_nlp.clean.normalize import READ_CHARS
from feedback_nlp.resources import corpora_dir

KEEPER = Pseudonymizer(b"tests")
MODULES = (
    *(address, codes, folding, gate, identifiers, labelled, links, mail, numbers),
    *(passports, people, personal, plates, split_numbers, spots, values),
)
WIDEST = 2_500  # characters one match may reach over; a link is the longest
CHARACTERS, CALLS_A_CHARACTER = 20_000, 60


def _patterns(module: ModuleType) -> Iterator[re.Pattern[str]]:
    for value in vars(module).values():
        is_maker = hasattr(value, "cache_clear") and not inspect.signature(value).parameters
        made = value() if is_maker else value
        if isinstance(made, re.Pattern):
            yield made


def _is_one_class(pattern: str) -> bool:
    """Tell whether a pattern is one class repeated: it reads each character once."""
    return re.fullmatch(r"\[[^\]]+\]\+", pattern) is not None


def test_no_rule_of_redaction_reaches_further_than_a_fixed_width() -> None:
    patterns = {pattern.pattern for module in MODULES for pattern in _patterns(module)}
    assert len(patterns) > 60
    wide = {
        pattern: _parser.parse(pattern).getwidth()[1]
        for pattern in patterns
        if not _is_one_class(pattern) and pattern != profile_link().pattern
    }
    assert {pattern: width for pattern, width in wide.items() if width > WIDEST} == {}


def test_no_advert_rule_begins_with_an_unbounded_repetition() -> None:
    path = corpora_dir() / "spam/adverts.toml"
    groups = tomllib.loads(path.read_text(encoding="utf-8"))["group"]
    patterns = [pattern for group in groups for pattern in group["patterns"]]
    assert {p: w for p in patterns if (w := _parser.parse(p).getwidth()[1]) > 200} == {}


SHAPES = [
    *(
        "a",
        "1",
        "1 ",
        "12 ",
        "138 ",
        "1380 ",
        "13800001234 ",
        "0-",
        "8-6-",
        "1,",
        "0571 ",
        "622200 ",
    ),
    *(
        "a@",
        "@a",
        "@小",
        "a@b.",
        "a点c",
        "a at ",
        "<",
        "<b ",
        "&amp;",
        "<!--",
        "路1号",
        "3栋",
        "a座",
        "1楼",
    ),
    *(
        "微信 a",
        "vx",
        "微信号a",
        "q1",
        "群1",
        "订单号a",
        "订单1 ",
        "单号 ",
        "粤B1",
        "护照a",
        "工号1 ",
        "会员a",
        "车架l 1",
        "1后面1",
        "前三位138后",
        "京a",
        "a圈a",
        "a#qq.",
        "3栋,1",
        "村1号",
        "身份证1",
        "卡1 ",
    ),
    *(
        "一",
        "一 ",
        "壹、",
        "联系人王",
        "我叫王小",
        "https://a.cn/",
        "www.",
        "a./",
        "a.",
        "//@",
        "〔",
        "〔用户·ab12〕",
    ),
    *(
        "1\ufe0f\u20e3",
        "①",
        "e\u0301",
        "\u0300\u0316",
        "😡",
        "\ufdfa",
        "XD",
        "【",
        "#a",
        "邀请码aaaaaa",
        "123c",
        "0a老平",
    ),
]


@pytest.mark.parametrize("shape", SHAPES)
def test_calls_stay_in_proportion_to_the_length(shape: str) -> None:
    text = (shape * (CHARACTERS // len(shape) + 1))[:CHARACTERS]
    for work in (lambda: prepare(text, KEEPER), lambda: is_spam(text), lambda: fingerprint(text)):
        assert _calls(work) <= CALLS_A_CHARACTER * CHARACTERS


ADDRESSES = [
    "1号",
    "一号",
    "村1号",
    "住1号",
    "12楼",
    "1-",
    "3栋",
    "路1号",
    "1楼1号",
    "8-6-501 ",
    "1号路3栋",
]
CALLS_A_CHARACTER_OF_ADDRESSES = 16


@pytest.mark.parametrize("shape", ADDRESSES)
def test_twice_the_parts_of_addresses_are_twice_the_work(shape: str) -> None:
    prepare(shape * 200, KEEPER)  # what is made once
    once = _calls(lambda: prepare(shape * 2_000, KEEPER))
    twice = _calls(lambda: prepare(shape * 4_000, KEEPER))
    assert twice <= 2.1 * once
    assert twice <= CALLS_A_CHARACTER_OF_ADDRESSES * 4_000 * len(shape)


def _calls(work: Callable[[], object]) -> int:
    """Count the Python and C functions that ``work`` calls."""
    count = 0

    def note(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


def test_analysis_reads_a_bounded_part_and_copies_stay_apart() -> None:
    start = "登录闪退。" * (READ_CHARS // 5)
    assert normalize(start + "后面不读") == normalize(start)
    assert fingerprint(start + "一") != fingerprint(start + "二")


def test_a_stored_text_is_redacted_to_its_end() -> None:
    stored = prepare("好" * 200_000 + "13800001234", KEEPER).text
    assert stored.endswith(KEEPER.pseudonym("手机号", "13800001234"))
