import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback_nlp.labels import Signal
from feedback_nlp.understanding.signals import detect, detect_batch, rating_conflicts


@pytest.mark.parametrize(
    "text",
    [
        "再不处理我就打12315了",
        "已经向消协投诉",
        "气死我了，什么态度",
        "等着被媒体曝光吧",
        "這種黑心商家必須投訴",
        "一群骗子，报警处理",
    ],
)
def test_anger(text: str) -> None:
    assert Signal.ANGER in detect(text)


@pytest.mark.parametrize(
    "text",
    [
        "打开太慢，果断卸载",
        "再也不用这个软件了",
        "这是第一次买，也是最后一次",
        "会员到期不续费了",
        "彻底粉转黑",
        "以后去别家买",
        "下次唔會再幫襯，以後唔來了",
    ],
)
def test_churn(text: str) -> None:
    assert Signal.CHURN in detect(text)


@pytest.mark.parametrize(
    "text",
    [
        "一点开就闪退",
        "钱被重复扣了两次",
        "充电的时候冒烟",
        "吃完上吐下泻",
        "存档没了",
        "ＡＰＰ無法登錄",
    ],
)
def test_severe(text: str) -> None:
    assert Signal.SEVERE in detect(text)


@pytest.mark.parametrize(
    "text",
    [
        "五星好评，就是打不开",
        "真棒，更新完直接黑屏",
        "给五星是怕你们看不见",
        "厉害了，付了钱没反应",
        "不愧是大厂，一周崩溃三次",
        "佩服，一杯咖啡送了三个小时",
        "质量真好，穿两天就破了",
    ],
)
def test_sarcasm(text: str) -> None:
    assert Signal.SARCASM in detect(text)


@pytest.mark.parametrize(
    ("text", "signal"),
    [
        ("用了一年从没闪退", Signal.SEVERE),
        ("闪退的问题终于解决了", Signal.SEVERE),
        ("不会再闪退了，点赞", Signal.SEVERE),
        ("我不会卸载的，继续支持", Signal.CHURN),
        ("卸载重装也一样", Signal.CHURN),
        ("再也不用排队缴费了", Signal.CHURN),
        ("相机曝光过度", Signal.ANGER),
        ("工商银行的App挺好", Signal.ANGER),
        ("这次就不投诉了", Signal.CHURN),
        ("界面很漂亮，但是偶尔闪退", Signal.SARCASM),
        ("送得快，味道好，五星好评", Signal.SARCASM),
        ("物流真快，两天就到了，好评", Signal.SARCASM),
        ("服务态度真好，以后还来", Signal.CHURN),
        ("退款很快", Signal.SEVERE),
    ],
)
def test_negated_or_harmless_words_give_no_sign(text: str, signal: Signal) -> None:
    assert signal not in detect(text)


@pytest.mark.parametrize(
    ("text", "signal"),
    [
        ("动不动就闪退", Signal.SEVERE),
        ("不停闪退", Signal.SEVERE),
        ("没用几天就闪退", Signal.SEVERE),
        ("逼得我不得不卸载", Signal.CHURN),
        ("我不能不投诉", Signal.ANGER),
    ],
)
def test_a_negation_that_does_not_negate_keeps_the_sign(text: str, signal: Signal) -> None:
    assert signal in detect(text)


@pytest.mark.parametrize(
    ("rating", "score", "conflict"),
    [(1, 0.9, True), (5, -0.8, True), (5, 0.8, False), (3, -0.9, False), (2, 0.1, False)],
)
def test_stars_and_text_that_disagree(rating: float, score: float, conflict: bool) -> None:
    assert rating_conflicts(rating, score) is conflict
    assert (Signal.RATING_CONFLICT in detect("随便写写", rating, score)) is conflict


def test_signs_come_sorted_and_once() -> None:
    signs = detect("闪退闪退，垃圾，投诉！再也不用了", 5, -0.9)
    assert signs == (Signal.ANGER, Signal.CHURN, Signal.RATING_CONFLICT, Signal.SEVERE)


@given(st.lists(st.text(alphabet=st.characters(), max_size=60), max_size=4))
def test_any_text_is_accepted_and_a_batch_equals_one_by_one(texts: list[str]) -> None:
    assert detect_batch(texts) == [detect(text) for text in texts]


def test_a_long_text_of_praise_and_failure_is_no_trap() -> None:
    assert Signal.SARCASM not in detect("五星好评，但是没反应，不过" * 20_000)
