import random

import numpy as np
import pytest

from feedback_nlp.config import load_config
from feedback_nlp.rank import Subject, Voice, explain, ice, rank, rice
from feedback_nlp.rank.evidence import gather_people
from feedback_nlp.rank.parts import trend_part

CONFIG = load_config().rank


def voices(subject, people, *, week=0, intent="bug", score=-0.8, tag="p", **fields):
    return [
        Voice(subject, f"{tag}{subject}-{week}-{number}", week, intent, score, **fields)
        for number in range(people)
    ]


def ranking(rows, *, config=CONFIG, history=8, subjects=None):
    ids = sorted({row.subject_id for row in rows})
    return rank(subjects or [Subject(id_) for id_ in ids], rows, config, history_weeks=history)


def by_id(items):
    return {item.subject_id: item for item in items}


def test_score_is_the_weighted_sum_of_its_parts():
    for item in ranking(voices(1, 20) + voices(2, 5, week=3, intent="feature", channel="微博")):
        expected = 100 * sum(item.weights[name] * item.parts[name] for name in item.parts)
        assert item.score == pytest.approx(expected, abs=0.2)
        assert sum(item.weights.values()) == pytest.approx(1, abs=1e-3)
        assert all(0 <= part <= 1 for part in item.parts.values())
        assert item.low <= item.score <= item.high


def test_people_count_not_posts():
    chatty = [Voice(1, "one", 0, "bug", -0.8)] * 50
    assert by_id(ranking(chatty + voices(2, 5)))[1].people_count == 1
    assert [item.subject_id for item in ranking(chatty + voices(2, 5))] == [2, 1]


def test_another_topics_growth_does_not_change_a_score():
    before = by_id(ranking(voices(1, 20) + voices(2, 5)))[2]
    after = by_id(ranking(voices(1, 2000) + voices(2, 5)))[2]
    assert (before.score, before.low, before.high) == (after.score, after.low, after.high)


def test_severe_bugs_rank_above_polite_wishes_of_as_many_people():
    rows = voices(1, 10, intent="feature", score=0.1) + voices(2, 10, signals=("severe",))
    assert [item.subject_id for item in ranking(rows)] == [2, 1]


def test_row_order_does_not_matter():
    rows = voices(1, 9, channel="a") + voices(2, 9, week=2, region="广东") + voices(3, 30, week=5)
    shuffled = rows.copy()
    random.Random(3).shuffle(shuffled)
    assert [item.score for item in ranking(rows)] == [item.score for item in ranking(shuffled)]


def test_missing_parts_give_their_weight_to_the_others():
    plain = ranking(voices(1, 10))[0]
    assert set(plain.missing) == {"reach", "strategic", "ease"}
    assert "没有填" not in explain(plain), "told once for the list, not in every line"
    told = ranking(voices(1, 10, channel="a"), subjects=[Subject(1, strategic=1.0, effort=0.2)])[0]
    assert told.missing == ()
    assert told.parts["ease"] == pytest.approx(0.8)


def test_less_effort_ranks_higher():
    rows = voices(1, 10) + voices(2, 10)
    subjects = [Subject(1, effort=0.9), Subject(2, effort=0.1)]
    assert [item.subject_id for item in ranking(rows, subjects=subjects)] == [2, 1]


def trend(counts, config=CONFIG, history=8):
    rows = [row for week, people in enumerate(counts) for row in voices(1, people, week=week)]
    people = gather_people(rows, config)
    return float(trend_part(people, np.ones((1, people.count)), config, history)[0])


def test_trend_is_middling_for_a_usual_week_and_ordered_by_surprise():
    usual = trend([10] * 9)
    assert usual == pytest.approx(0.5, abs=0.06)
    assert trend([0] + [10] * 8) < trend([5] + [10] * 8) < usual
    assert usual < trend([15] + [10] * 8) < trend([25] + [10] * 8)
    assert trend([40]) > 0.95


def test_a_single_new_voice_is_no_trend():
    assert trend([1]) < 0.65
    assert trend([1]) < trend([3]) < trend([10])


def test_less_is_expected_in_a_quiet_week():
    rows = [row for week in range(1, 9) for row in voices(1, 10, week=week)] + voices(1, 2)
    full = rank([Subject(1)], rows, CONFIG, history_weeks=8)[0]
    quiet = rank([Subject(1)], rows, CONFIG, history_weeks=8, exposure=0.2)[0]
    assert full.parts["trend"] < 0.25
    assert quiet.parts["trend"] == pytest.approx(0.5, abs=0.06)


def test_without_history_nothing_is_a_trend():
    assert trend([40], history=0) == 0.5


def noisy_rows(seed):
    random_ = random.Random(seed)
    return [
        row
        for subject in range(1, 21)
        for week in range(9)
        for row in voices(subject, random_.randrange(8), week=week, channel=random_.choice("abc"))
    ]


def copies(target, **fields):
    return [Voice(target, f"x{n % 3}", 0, "bug", -1.0, ("severe",), **fields) for n in range(500)]


@pytest.mark.parametrize("seed", range(3))
def test_recognised_burst_changes_no_position(seed):
    rows = noisy_rows(seed)
    before = [item.subject_id for item in ranking(rows)]
    for target in (before[3], before[-1]):
        burst = copies(target, is_burst=True)
        assert [item.subject_id for item in ranking(rows + burst)] == before


def test_unrecognised_copies_count_as_their_three_authors():
    rows = noisy_rows(1)
    posts = copies(7)
    assert ranking(rows + posts) == ranking(rows + posts[:3])


def test_a_topic_of_nothing_but_a_burst_counts_as_one_person():
    rows = [Voice(1, f"a{n % 3}", 0, "bug", -1.0, is_burst=True) for n in range(500)]
    assert ranking(rows)[0].people_count == 1


def test_interval_narrows_with_people():
    few, many = ranking(voices(1, 5))[0], ranking(voices(1, 500))[0]
    assert few.high - few.low > many.high - many.low


def test_no_resampling_no_interval():
    item = ranking(voices(1, 5), config=CONFIG.model_copy(update={"bootstrap_samples": 0}))[0]
    assert item.low == item.score == item.high


def test_churn_and_segment_value_lift():
    config = CONFIG.model_copy(update={"segment_values": {"企业": 1.0, "免费": 0.0}})
    rows = (
        voices(1, 8, segment="免费")
        + voices(2, 8, segment="企业")
        + voices(3, 8, segment="企业", signals=("churn",))
    )
    assert [item.subject_id for item in ranking(rows, config=config)] == [3, 2, 1]


def test_product_weights_are_used():
    config = CONFIG.model_copy(update={"products": {"云笔记": {"severity": 1.0}}})
    rows = voices(1, 100, intent="feature", score=0.0) + voices(2, 3, signals=("severe",))
    assert rank([Subject(1), Subject(2)], rows, config, history_weeks=8)[0].subject_id == 1
    ranked = rank([Subject(1), Subject(2)], rows, config, history_weeks=8, product="云笔记")
    assert ranked[0].subject_id == 2


def test_explain_names_the_place_the_figures_and_the_gap():
    ranked = ranking(voices(1, 60) + voices(2, 6))
    text = explain(ranked[1], ranked)
    assert text.startswith("排第 2：")
    assert "6 人提到" in text
    assert "比第 1 名少" in text


def test_rice_and_ice_fall_with_effort():
    rows = voices(1, 10) + voices(2, 10)
    items = by_id(ranking(rows, subjects=[Subject(1, effort=0.9), Subject(2, effort=0.2)]))
    assert rice(items[2]) > rice(items[1])
    assert ice(items[2]) > ice(items[1])
