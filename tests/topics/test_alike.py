"""Which topics are proposed as one, and with what evidence."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from feedback_nlp.chinese import tokenizer_with
from feedback_nlp.config import TopicsConfig
from feedback_nlp.labels import Intent
from feedback_nlp.topics import TopicResult, TopicUnit, alike
from feedback_nlp.topics.alike import Alike, TopicBody, find_alike
from feedback_nlp.topics.directions import unit_rows
from feedback_nlp.topics.metric import TopicMetric
from feedback_nlp.topics.modeler import TopicModeler
from tests.topics.conftest import embed

CODES = ("delivery", "refund")
# Two topics of late parcels, one of refunds: embedding (3) and code scores (2) of each text.
EMBEDDINGS = np.array(
    [[1, 0.1, 0], [1, 0.2, 0], [0.9, 0.4, 0.1], [0.9, 0.5, 0], [0, 0, 1], [0.1, 0, 1]], np.float32
)
SCORES = np.array([[1, 0], [0.9, 0], [0.8, 0.1], [0.9, 0], [0, 1], [0, 0.8]], np.float32)
VECTORS = unit_rows(np.hstack([unit_rows(EMBEDDINGS), SCORES]))
WORDS = [{"配送", "很慢"}] * 4 + [{"退款"}] * 2
BODIES = (
    TopicBody(np.array([0, 1]), frozenset({"a", "b"})),
    TopicBody(np.array([2, 3]), frozenset({"b", "c"})),
    TopicBody(np.array([4, 5]), frozenset({"d"})),
)


def found(min_score: float = 0.5, bodies: tuple[TopicBody, ...] = BODIES) -> tuple[Alike, ...]:
    return find_alike(
        bodies,
        VECTORS,
        SCORES,
        CODES,
        lambda text: frozenset(WORDS[text]),
        min_score=min_score,
        known_min_score=0.5,
    )


def test_two_topics_of_one_matter_are_proposed_with_what_speaks_for_it() -> None:
    (pair,) = found()
    assert (pair.first, pair.second) == (0, 1)
    assert pair.shared_people == 1
    assert pair.shared_phrases == ("很慢", "配送")
    assert pair.seed_code == "delivery"
    assert pair.next_share == 1.0
    assert 0.9 < pair.place <= 1
    assert pair.score == pytest.approx(
        0.35 * pair.place + 0.2 * pair.words + 0.35 * pair.next_share + 0.1 * pair.seeds, abs=1e-3
    )


def test_names_that_speak_of_one_thing_speak_for_one_matter() -> None:
    """卫生差 and 卫生条件差; a thing of many names, such as 酒店, says nothing."""
    (plain,) = found()
    hygiene = tuple(replace(body, named=frozenset({"卫生"})) for body in BODIES[:2])
    (named,) = found(bodies=(*hygiene, BODIES[2]))
    assert named.thing == "卫生"
    assert named.score == pytest.approx(min(plain.score + 0.15, 1.0), abs=1e-3)
    everywhere = tuple(replace(body, named=frozenset({"酒店"})) for body in BODIES)
    assert found(bodies=everywhere) == (plain,)


def test_one_word_in_common_is_no_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    """配送加收 and 配送太慢 share a word; what is wrong is another thing."""
    said = [{"配送", "加收"}] * 2 + [{"配送", "很慢"}] * 2 + [{"退款"}] * 2
    monkeypatch.setattr("tests.topics.test_alike.WORDS", said)
    assert found() == ()


def test_a_thing_of_both_names_and_a_word_are_two(monkeypatch: pytest.MonkeyPatch) -> None:
    said = [{"打不通"}] * 4 + [{"退款"}] * 2
    monkeypatch.setattr("tests.topics.test_alike.WORDS", said)
    assert found() == ()
    named = tuple(replace(body, named=frozenset({"电话"})) for body in BODIES[:2])
    assert len(found(bodies=(*named, BODIES[2]))) == 1


def test_what_all_else_says_plainly_needs_no_known_issue(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hotline that nobody answers, and a desk that nobody answers, are told by other words."""
    monkeypatch.setattr(alike, "_MIN_SEEDS", 1.1)
    monkeypatch.setattr(alike, "_SAME_PLACE", 1.1)
    assert len(found()) == 1
    monkeypatch.setattr(alike, "_PLAINLY_ONE", 1.1)
    assert found() == ()


def test_topics_that_resemble_different_known_issues_are_not_proposed() -> None:
    assert [(pair.first, pair.second) for pair in found(min_score=0.0)] == [(0, 1)]


def test_topics_that_are_clearly_two_known_issues_are_not_proposed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """袋子里少了东西 and 袋子一股味 share the bag."""
    monkeypatch.setattr(alike, "_MIN_SEEDS", 0.0)
    assert [(pair.first, pair.second) for pair in found(min_score=0.0)] == [(0, 1)]


def test_many_people_who_speak_of_both_say_two_things() -> None:
    crowd = frozenset(str(number) for number in range(10))
    others = frozenset(("0", *"abcdefghi"))
    both = replace(BODIES[0], people=crowd), replace(BODIES[1], people=crowd)
    one = replace(BODIES[0], people=crowd), replace(BODIES[1], people=others)
    assert found(bodies=both) == ()
    assert len(found(bodies=one)) == 1


def test_a_lower_bar_proposes_more_and_the_likeliest_come_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(alike, "_MIN_SEEDS", 0.0)
    monkeypatch.setattr(alike, "_KNOWN_SHARE", 2.0)
    monkeypatch.setattr(alike, "_WORDS_IN_COMMON", 0)
    pairs = found(min_score=0.0)
    assert (pairs[0].first, pairs[0].second) == (0, 1)
    assert len(pairs) == 3
    assert [pair.score for pair in pairs] == sorted((pair.score for pair in pairs), reverse=True)
    assert all(pair.seed_code == "" for pair in pairs[1:])


def test_a_word_that_is_everywhere_is_no_evidence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alike, "_WORDS_IN_COMMON", 0)
    words = [{"软件"}] * 6
    bodies = tuple(TopicBody(np.array([row]), frozenset()) for row in range(6))
    pairs = find_alike(
        bodies,
        VECTORS,
        SCORES,
        CODES,
        lambda text: frozenset(words[text]),
        min_score=0.0,
        known_min_score=0.5,
    )
    assert pairs
    assert all(pair.shared_phrases == () for pair in pairs)


def test_one_topic_is_like_no_other() -> None:
    assert found(min_score=0.0, bodies=BODIES[:1]) == ()


def _fit(metric: TopicMetric, config: TopicsConfig, texts: list[str]) -> TopicResult:
    units = [
        TopicUnit(number, number, text, Intent.BUG, sentiment_score=-0.8, author_key=f"p{number}")
        for number, text in enumerate(texts)
    ]
    modeler = TopicModeler(replace_scores(config), tokenizer_with(()), metric)
    return modeler.fit(units, embed(texts))


def replace_scores(config: TopicsConfig) -> TopicsConfig:
    return config.model_copy(update={"alike_min_score": 0.0})


def test_a_fit_tells_pairs_of_its_own_issues(
    metric: TopicMetric, config: TopicsConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alike, "_MIN_SEEDS", 0.0)
    monkeypatch.setattr(alike, "_WORDS_IN_COMMON", 1)
    tails = ("", "啊", "！", "，唉", "……", "，急", "呢", "，快点", "了", "，烦")
    texts = [f"{head}{tail}" for head in ("地暖打不开", "浴霸打不开") for tail in tails]
    result = _fit(metric, config, texts)
    assert result.alike
    for pair in result.alike:
        assert 0 <= pair.first < pair.second < len(result.topics)
        assert {result.topics[pair.first].kind, result.topics[pair.second].kind} == {"issue"}
