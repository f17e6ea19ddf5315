import numpy as np
import pytest

from feedback_nlp.week.drivers import nps_answer, nps_points, rating_effects


def sample(seed=1, rows=600):
    """Topic 1 costs 1.5 stars, topic 2 adds 0.5, topic 3 nothing but comes along with 1."""
    random = np.random.default_rng(seed)
    mentions, ratings = [], []
    for row in range(rows):
        mentioned = {topic for topic in (1, 2) if random.random() < 0.2}
        if random.random() < (0.6 if 1 in mentioned else 0.1):
            mentioned.add(3)
        stars = 3.4 - 1.5 * (1 in mentioned) + 0.5 * (2 in mentioned) + random.normal(0, 0.8)
        mentions += [(row, topic) for topic in mentioned]
        ratings.append(float(np.clip(round(stars), 1, 5)))
    return ratings, mentions


def test_effects_are_found_and_a_mere_companion_is_not():
    effects = {effect.topic_id: effect for effect in rating_effects(*sample(), min_count=10)}
    assert set(effects) == {1, 2}
    assert effects[1].low <= -1.5 + 0.15
    assert effects[1].size == pytest.approx(-1.5, abs=0.25)
    assert effects[2].size == pytest.approx(0.5, abs=0.25)


def test_intervals_cover_the_truth_about_as_often_as_they_say():
    misses = 0
    for seed in range(60):
        ratings, mentions = sample(seed, rows=300)
        misses += any(
            effect.topic_id == 3 for effect in rating_effects(ratings, mentions, min_count=10)
        )
    assert misses <= 9


def test_rare_topics_and_few_ratings_say_nothing():
    ratings, mentions = sample()
    rare = [*mentions, (0, 9)]
    assert all(effect.topic_id != 9 for effect in rating_effects(ratings, rare, min_count=10))
    few = [(row, topic) for row, topic in mentions if row < 3]
    assert rating_effects(ratings[:3], few, min_count=1) == []
    assert rating_effects([], [], min_count=5) == []


def test_a_mention_told_twice_counts_once():
    ratings, mentions = sample()
    assert rating_effects(ratings, mentions * 2, min_count=10) == rating_effects(
        ratings, mentions, min_count=10
    )


def test_nps():
    assert [nps_points(answer) for answer in (10, 9, 8.5, 7, 6, 0)] == [100, 100, 0, 0, -100, -100]


@pytest.mark.parametrize(
    ("meta", "answer"),
    [
        ({"7、您有多大可能把我们推荐给朋友？": "9"}, 9),
        ({"NPS": "0分"}, 0),
        ({"推荐人": "张三", "nps": 7}, 7),
        ({"推荐": "42"}, None),
        ({"满意度": "5"}, None),
    ],
)
def test_nps_answer(meta, answer):
    assert nps_answer(meta) == answer
