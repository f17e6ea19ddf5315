"""No test text in training, whatever its spelling."""

import pytest

from feedback_nlp.training.understanding.examples import Example, LeakCheck, normalized

CHECK = LeakCheck.of(["这个软件真的很不错，推荐！", "太差", "。。。"])


@pytest.mark.parametrize(
    "units",
    [
        ("这个软件真的很不错，推荐！",),
        ("这个软件真的很不错", "推荐"),
        ("这个软件　真的很不错~~推荐",),
        ("我说过", "这个软件真的很不错 推荐"),
        ("太差",),
    ],
)
def test_a_test_text_is_refused(units: tuple[str, ...]):
    assert not CHECK.allows(Example(units, "x"))


@pytest.mark.parametrize("units", [("这个软件真的很不错",), ("物流", "太差"), ("。。。",)])
def test_another_text_is_allowed(units: tuple[str, ...]):
    assert CHECK.allows(Example(units, "x"))


def test_width_case_and_punctuation_do_not_hide_a_leak():
    assert normalized("ＡＰＰ 真_好！") == normalized("app真好")
