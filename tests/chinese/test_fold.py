import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback_nlp.chinese import fold, fold_batch

any_text = st.text(alphabet=st.characters(), max_size=400)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("ＡＰＰ　閃退！", "app 闪退!"),
        ("希望後續優化，謝謝", "希望后续优化,谢谢"),
        ("呢個App真係好難用", "呢个app真系好难用"),
        ("裡面有①②兩條", "里面有①②两条"),
        ("妳們的客服", "你们的客服"),
        ("省略……", "省略……"),
        ("", ""),
        ("bug 😡", "bug 😡"),
    ],
)
def test_folds_width_case_and_script(text: str, folded: str) -> None:
    assert fold(text) == folded


def test_a_lone_surrogate_becomes_the_replacement_character() -> None:
    assert fold("好\ud800") == "好\ufffd"


@given(any_text)
def test_length_is_kept_and_folding_twice_changes_nothing(text: str) -> None:
    folded = fold(text)
    assert len(folded) == len(text)
    assert fold(folded) == folded


@given(any_text)
def test_short_and_long_paths_agree(text: str) -> None:
    assert fold(text) + fold("好" * 200) == fold(text + "好" * 200)


@given(st.lists(any_text, max_size=5))
def test_a_batch_folds_like_one_by_one(texts: list[str]) -> None:
    assert fold_batch(texts) == [fold(text) for text in texts]
