import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedback_nlp.clean import Pseudonymizer, is_spam, prepare, spam_score
from feedback_nlp.demo.phrases import issues, voices

ADVERTS = [
    "宝妈学生都能做的兼职，每天两小时轻松赚八十，加微信abcd1234了解",
    "好 评。🌷在.家.就.能.做.的.兼.职，关.注公.众.号〖小木屋〗，不要你任何费用",
    "老平台值得信赖，首存一百送十八，彩票投注就来③⑥⑨点com",
    "专业ASO优化，关键词排名包上榜，五星好评万条以上有优惠",
    "关注公众号“某某助手”，免费领取全部表盘",
    "打开支付宝首页搜索123456789领红包，每天都能领",
    "徽信abcde123",
]
HONEST = [
    "广告太多了，天天弹窗让我加微信做兼职赚钱，投诉",
    "微信登录失败，加客服微信也没人理",
    "微信支付不了，QQ也登不上",
    "红包领取了没到账",
    "公众号里找不到客服入口",
    "免费送的抱枕质量很好",
    "好评，服务好，味道也好",
    "关注了很久，终于等到夜间模式",
    "搜索订单号查不到",
    "彩票功能入口在哪里",
    "退款的事加我微信号abcd_1234细说",
    "返现一直没有到账，客服不理人",
    "",
    "好",
]


@pytest.mark.parametrize("text", ADVERTS)
def test_adverts_are_found_before_and_after_redaction(text: str) -> None:
    assert is_spam(text)
    assert is_spam(prepare(text, Pseudonymizer(b"k")).text)


@pytest.mark.parametrize("text", HONEST)
def test_honest_feedback_is_not_taken_for_an_advert(text: str) -> None:
    assert not is_spam(text)
    assert not is_spam(prepare(text, Pseudonymizer(b"k")).text)


def test_no_phrase_of_the_demo_is_taken_for_an_advert() -> None:
    spoken = [phrase for issue in issues().values() for phrase in (*issue.lead, *issue.other)]
    spoken += [*voices()["praise"], *voices()["seasonal"], *voices()["vents"], *voices()["chat"]]
    assert not [phrase for phrase in spoken if is_spam(phrase)]


@settings(max_examples=100, deadline=None)
@given(st.text())
def test_scores_are_finite_and_never_raise(text: str) -> None:
    assert 0.0 <= spam_score(text) < 20.0
