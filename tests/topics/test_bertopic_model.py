"""BERTopic and what runs where it is not installed: one result."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from feedback_nlp.chinese import default_tokenizer
from feedback_nlp.topics import bertopic_model
from feedback_nlp.topics.bertopic_model import Clusters, bertopic_version, fit_bertopic
from feedback_nlp.topics.class_tfidf import class_tfidf, strongest_terms
from feedback_nlp.topics.clustering import GraphClustering
from feedback_nlp.topics.directions import unit_rows

#: What people say, one list an issue, of every trade; each is said in several forms.
ISSUES = (
    ("更新之后一点开就闪退", "打开相机马上闪退", "闪退三次了还没修"),
    ("上菜太慢等了五十分钟", "等位一小时上菜又慢", "催了两次菜才上"),
    ("房间隔音很差半夜吵醒", "隔音差走廊说话都听得见", "空调声音大睡不着"),
    ("衣服洗一次就掉色", "掉色严重染了别的衣服", "尺码偏小一号"),
    ("方向盘异响4S店不认", "过减速带底盘异响", "车机黑屏只能重启"),
    ("抽卡概率太低了", "氪了648一张金卡都没有", "概率不公示"),
    ("老师讲得太快跟不上", "课程回放看不了", "课件下载不了"),
    ("转账限额太低", "网点排队两小时", "转账提示限额\t要去柜台"),
    ("路口红绿灯坏了半个月", "小区门口路灯不亮\n晚上很黑", "反映路灯三次没人修"),
    ("哈哈哈哈笑死", "前方高能预警", "弹幕挡脸了关都关不掉"),
)


def terms(text: str) -> list[str]:
    words = [word for word in default_tokenizer().cut(text) if word.strip()]
    return words + ["".join(pair) for pair in itertools.pairwise(words)]


def fit(*, anchored: bool = True, seed: int = 3) -> Clusters:
    """Fit on the issues, a direction of space each, the first two of them known."""
    truth = np.repeat(np.arange(len(ISSUES)), [4 * len(said) for said in ISSUES])
    texts = [text for said in ISSUES for text in said * 4]
    random = np.random.default_rng(seed)
    centres = random.standard_normal((len(ISSUES), 32))
    rows = centres[truth] + 0.3 * random.standard_normal((len(truth), 32))
    anchors = np.where(truth < 2, 1 - truth, -1) if anchored else np.full(len(truth), -1)
    clustering = GraphClustering(neighbours=6, resolution=1.0, runs=2)
    vectors = unit_rows(rows.astype(np.float32))
    return fit_bertopic(texts, vectors, anchors.astype(np.int32), clustering, terms)


@pytest.mark.parametrize("anchored", [True, False])
@pytest.mark.parametrize("seed", [3, 4, 5])
def test_the_result_is_the_same_without_bertopic(
    monkeypatch: pytest.MonkeyPatch, anchored: bool, seed: int
) -> None:
    assert bertopic_version() is not None, (
        "make installs BERTopic; without it this compares nothing"
    )
    by_bertopic = fit(anchored=anchored, seed=seed)
    monkeypatch.setattr(bertopic_model, "bertopic_version", lambda: None)
    without = fit(anchored=anchored, seed=seed)
    assert without.labels.tolist() == by_bertopic.labels.tolist()
    assert without.keywords == by_bertopic.keywords
    assert len(without.keywords) >= len(ISSUES)


def test_anchors_stay_and_keywords_tell_the_issue() -> None:
    found = fit()
    assert found.labels[:12].tolist() == [1] * 12
    assert found.labels[12:24].tolist() == [0] * 12
    assert "闪退" in found.keywords[1][:3]


def test_a_term_that_every_class_shares_weighs_least() -> None:
    weights, words = class_tfidf(
        ["退款 到账", "退款 客服", "退款 客服"], np.array([4, 9, 9]), str.split
    )
    dense = weights.toarray()
    column = {word: place for place, word in enumerate(words)}
    assert dense.shape == (2, 3)
    assert dense[0, column["到账"]] > dense[0, column["退款"]]
    # c = 1 of N = 2 in class 4; A = (2 + 4) / 2 = 3; 到账 once everywhere
    assert dense[0, column["到账"]] == pytest.approx(np.sqrt(1 / 2) * np.log(4 / 1.5))
    assert strongest_terms(weights[0], words, 1) == ("到账",)


def test_terms_of_one_weight_come_in_the_order_of_their_characters() -> None:
    weights, words = class_tfidf(["乙 甲 丙", "丁"], np.array([0, 1]), str.split)
    assert strongest_terms(weights[0], words, 9) == tuple(sorted("乙甲丙"))


@pytest.mark.parametrize("version", ["0.17.4", None])
def test_documents_without_a_term_are_clustered_all_the_same(
    monkeypatch: pytest.MonkeyPatch, version: str | None
) -> None:
    monkeypatch.setattr(bertopic_model, "bertopic_version", lambda: version)
    found = fit_bertopic(
        ["嗯嗯", "哦", "好吧"],
        np.eye(3, dtype=np.float32),
        np.array([0, 1, -1], np.int32),
        GraphClustering(neighbours=2, resolution=1.0),
        lambda _: [],
    )
    assert found.labels.tolist() == [0, 1, 2]
    assert found.keywords == {0: (), 1: (), 2: ()}


@pytest.mark.parametrize("version", ["0.17.4", None])
def test_documents_with_one_term_among_them_are_clustered(
    monkeypatch: pytest.MonkeyPatch, version: str | None
) -> None:
    """Two feedback on the first day: BERTopic's weighting takes the one column for a number."""
    monkeypatch.setattr(bertopic_model, "bertopic_version", lambda: version)
    found = fit_bertopic(
        ["闪退", "嗯嗯"],
        np.eye(2, dtype=np.float32),
        np.array([0, 1], np.int32),
        GraphClustering(neighbours=2, resolution=1.0),
        lambda text: ["闪退"] if text == "闪退" else [],
    )
    assert found.labels.tolist() == [0, 1]
    assert set(found.keywords) == {0, 1}
