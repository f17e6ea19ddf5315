import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback_nlp.clean import content, has_no_content, without_page_marks


@pytest.mark.parametrize(
    "text",
    [
        "此用户没有填写评论!", "该用户未填写评价内容", "买家没有填写评语", "系统默认好评！", "评价方未及时做出评价,系统默认好评!",
        "暂无评价", "展开", "该评论已被删除", "转发微博", "@〔用户·a1b2〕", "〔用户·a1b2〕 〔用户·c3d4〕", "[笑哭R][笑哭R]", "......", "用户没有发表评论",
        "此用户觉得商品很好，给出5星好评",
    ],
)  # fmt: skip
def test_nobody_says_anything(text):
    assert has_no_content(text)


@pytest.mark.parametrize(
    "text",
    [
        "好评", "没有发票", "评论区都在骂", "用户没填地址就发货", "展开后放不平", "默认地址改不了", "这鞋[捂脸R]", "😡😡", "〔用户·a1b2〕 太贵了",
        "系统默认好评太坑了", "无语", "转发了三次才抽中", "没有写评价的地方",
    ],
)  # fmt: skip
def test_somebody_says_something(text):
    assert not has_no_content(text)


_BITS = [
    "@张三丰 ", "回复@阿明:", "//@小红: ", "很好用的东西", "的", "转发微博", "[笑哭]", "【图片】", "网页链接", "来自", "（来自微博）", "😡", "～", "，",
    "。", "展开全文", "此用户没有填写评论", "追评：", "#话题#", "http://t.cn/abc", "〔用户·a1b2〕", "用了三天就坏", "ok", "「引用」", "的微博视频", "\n", " ",
]  # fmt: skip


@given(st.lists(st.sampled_from(_BITS), min_size=1, max_size=6).map("".join))
def test_the_cheap_look_says_what_the_thorough_one_says(text):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(content, "_WRITTEN", re.compile("(?!)"))
        said = has_no_content(text)
    assert has_no_content(text) == said


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("追评：用一周就坏", "用一周就坏"), ("收货3天后追加：掉色", "掉色"), ("[追加评论] 还行", "还行"),
        ("肉很新鲜……展开全文", "肉很新鲜"), ("追加了一个包", "追加了一个包"), ("展开", "展开"), ("收起来很方便", "收起来很方便"),
    ],
)  # fmt: skip
def test_page_marks_are_cut(text, kept):
    assert without_page_marks(text) == kept


_PAGE_BITS = [
    "追评：", "[追加评论] ", "收货3天后追加：", "初次评价：", "初评:", "买家评价：", "评论内容：", "展开全文", "……展开", "收起", "查看更多", "[查看全文]d", "很新鲜",
    "评价", "追", "收到", " ",
]  # fmt: skip


@given(st.lists(st.sampled_from(_PAGE_BITS), min_size=1, max_size=5).map("".join))
def test_the_cheap_look_for_page_marks_misses_none(text):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(content, "_PAGE_MARK", re.compile(""))
        kept = without_page_marks(text)
    assert without_page_marks(text) == kept
