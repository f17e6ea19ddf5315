"""A writer who began a new point himself is taken at his word."""

from __future__ import annotations

import pytest

from feedback_nlp.config import load_config
from feedback_nlp.understanding.segment import Segmenter
from feedback_nlp.understanding.segment.heads import find_heads


@pytest.fixture(scope="module")
def segmenter() -> Segmenter:
    return Segmenter(load_config().segment)


@pytest.mark.parametrize(
    "units",
    [
        ["座椅：腰托到位，长途不累", "油耗：市区十个油，有点高", "隔音：高速胎噪明显"],
        ["🍜口味：汤头很鲜", "🪑环境：位子太挤，转不开身"],
        ["房间：干净", "早餐：品种少，去晚了没得吃"],
        ["课讲得细", "作业批得太慢", "群里没人答疑"],
        ["1)转账限额太低", "2)网点排队久", "3)回执下载不了"],
        ["第一，匹配太久", "第二，外挂没人管", "第三，皮肤好看"],
        ["首先交通方便", "其次前台热情", "最后隔音差"],
        ["优点：续航长，充电快", "缺点：发热"],
        ["缺点就是太吵"],
    ],
)
def test_each_point_is_a_unit_with_its_head(segmenter: Segmenter, units: list[str]) -> None:
    for glue in ("\n", "。"):
        text = glue.join(units)
        if glue == "。" and units[0] == "课讲得细":
            continue  # without lines nothing tells these points apart but the model
        found = [text[start:end] for start, end in segmenter.segment(text)]
        assert found == units


@pytest.mark.parametrize(
    "text",
    [
        "客服说：明天就到，结果没到",  # who speaks heads no point
        "下单时间：12:30，一个小时才到",  # one head that is no known one
        "第一次来就踩雷",
        "第一天还好，第二天就坏了",
        "地址是3号楼2单元",
        "网址 https://例子.cn/a：打不开",
    ],
)
def test_what_only_looks_like_a_head_cuts_nothing(text: str) -> None:
    assert find_heads(text) == []


def test_heads_are_found_in_linear_time_and_order() -> None:
    heads = find_heads("外观：好\n" * 20_000)
    assert len(heads) == 19_999
    assert [head.start for head in heads] == sorted(head.start for head in heads)
