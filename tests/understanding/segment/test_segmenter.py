import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from feedback_nlp.chinese.fold import folded_code_points
from feedback_nlp.config import load_config
from feedback_nlp.understanding.segment import Segmenter
from feedback_nlp.understanding.segment.characters import Kind, kinds_of

CLOSING = {Kind.EXCLAIM, Kind.ASK}


@pytest.fixture(scope="module")
def segmenter() -> Segmenter:
    return Segmenter(load_config().segment)


def units(segmenter: Segmenter, text: str) -> list[str]:
    return [text[start:end] for start, end in segmenter.segment(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("质量还行，要是能再送个小礼品就更好了", ["质量还行", "要是能再送个小礼品就更好了"]),
        ("界面挺好看的，就是广告太多", ["界面挺好看的", "就是广告太多"]),
        ("①一直闪退②广告太多", ["一直闪退", "广告太多"]),
        ("1、打开就闪退\n2、希望支持平板", ["打开就闪退", "希望支持平板"]),
        ("一、电梯总坏；二、物业不管", ["电梯总坏", "物业不管"]),
        ("送孩子当生日礼物最好不过了", ["送孩子当生日礼物最好不过了"]),
        ("　垃圾！！！　", ["垃圾！！！"]),
        ("（很好用）", ["很好用"]),
        ("ios 13.1.2 和 iPhone 11 Pro 都连不上", ["ios 13.1.2 和 iPhone 11 Pro 都连不上"]),
        ("😡😡😡", ["😡😡😡"]),
        ("！！！。。。", []),
        ("", []),
        ("\n \u3000\t", []),
    ],
)
def test_units_of_typical_feedback(segmenter: Segmenter, text: str, expected: list[str]) -> None:
    assert units(segmenter, text) == expected


def test_traditional_and_full_width_cut_like_simplified(segmenter: Segmenter) -> None:
    assert segmenter.segment("品質不錯，可惜客服態度差") == segmenter.segment(
        "品质不错,可惜客服态度差"
    )


feedback_text = st.text(
    alphabet=st.one_of(
        st.sampled_from(
            "好用卡差但是希望就，。！？；、 \n\u3000…~()（）「」12①aB.-😡👍\u200d\ufe0f\x00\ud800"
        ),
        st.characters(),
    ),
    max_size=300,
)


@settings(max_examples=50, deadline=None)
@given(st.lists(feedback_text, max_size=4))
@example(["a\n", "\nb", "a.", ".b", "\ud83d", "\udc4d"])
def test_units_are_in_order_inside_solid_and_trimmed(
    segmenter: Segmenter, texts: list[str]
) -> None:
    batch = segmenter.segment_batch(texts)
    assert batch == [segmenter.segment(text) for text in texts]
    for text, spans in zip(texts, batch, strict=True):
        kinds = kinds_of(folded_code_points(text))
        previous = 0
        for start, end in spans:
            assert previous <= start < end <= len(text)
            assert text[start:end].strip() == text[start:end] != ""
            assert kinds[start] < Kind.BRACKET
            assert kinds[end - 1] < Kind.BRACKET or kinds[end - 1] in CLOSING
            previous = end
        covered = {i for start, end in spans for i in range(start, end)}
        lost = [i for i in range(len(text)) if kinds[i] < Kind.BRACKET and i not in covered]
        # List markers only.
        assert all(kinds[i] == Kind.DIGIT or text[i] in "一二三四五六七八九十" for i in lost)


def test_no_unit_is_longer_than_the_limit_where_it_can_be_cut(segmenter: Segmenter) -> None:
    limit = load_config().segment.max_unit_chars
    text = "，".join(["投诉夜间施工噪音扰民一直没有人管"] * 40)
    assert max(end - start for start, end in segmenter.segment(text)) <= limit


@pytest.mark.parametrize(
    "piece", ["好，", "好", "(", "!", "，", "\n", "但是", "1、", "😡", "a b ", "希望"]
)
def test_a_very_long_text_of_one_piece_is_no_trap(segmenter: Segmenter, piece: str) -> None:
    text = piece * 100_000
    spans = segmenter.segment(text)
    assert all(text[start:end].strip() for start, end in spans)
