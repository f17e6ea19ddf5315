import random
import time
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedback_nlp.clean import DuplicateItem, find_duplicates
from feedback_nlp.clean.minhash import band_keys, jaccard, shingles
from feedback_nlp.config import load_config

CONFIG = load_config().clean
MONDAY = datetime(2026, 11, 16, tzinfo=UTC)
LONG = "更新之后每次点结算都会闪退，购物车里的东西全部清空了，希望尽快修好"


def at(hours: float) -> datetime:
    return MONDAY + timedelta(hours=hours)


def groups(*items: DuplicateItem) -> list[tuple[int, ...]]:
    return [group.members for group in find_duplicates(items, CONFIG)]


def test_nothing_in_nothing_out() -> None:
    assert find_duplicates([], CONFIG) == []


def test_copies_of_a_long_text_are_grouped_across_people_and_channels() -> None:
    items = [
        DuplicateItem(7, LONG, "a", "微博", at(5)),
        DuplicateItem(3, LONG + "！！！😡", "b", "应用商店", at(2)),
        DuplicateItem(5, "完全是另外一件事情，配送小哥送错了门牌号", "c", "微博", at(1)),
    ]
    [group] = find_duplicates(items, CONFIG)
    assert (group.root, group.members, group.is_burst) == (3, (3, 7), False)


def test_near_copies_are_grouped() -> None:
    near = LONG.replace("全部清空了", "全清空了")
    assert groups(DuplicateItem(1, LONG), DuplicateItem(2, "转：" + near)) == [(1, 2)]


@pytest.mark.parametrize(
    "other",
    [
        "更新之后打开首页就卡住，优惠券里的东西全部看不到了，希望尽快处理",
        "结算的时候总是闪退，购物车也空了，快点修",
    ],
)
def test_the_same_complaint_in_other_words_is_no_copy(other: str) -> None:
    assert groups(DuplicateItem(1, LONG), DuplicateItem(2, other)) == []


@pytest.mark.parametrize("short", ["闪退", "很好用", "垃圾软件", "😡"])
def test_short_texts_of_different_or_unknown_people_stay_apart(short: str) -> None:
    known = [DuplicateItem(key, short, f"p{key}", "微博", at(key)) for key in range(20)]
    unknown = [DuplicateItem(key, short, None, "微博", at(key)) for key in range(20, 40)]
    assert groups(*known, *unknown) == []


def test_one_person_repeating_a_short_text_soon_is_grouped_but_not_weeks_later() -> None:
    said = [
        DuplicateItem(key, "闪退", "p", None, at(24 * day)) for key, day in enumerate((0, 1, 2, 30))
    ]
    assert groups(*said) == [(0, 1, 2)]


def test_a_burst_needs_many_within_the_window() -> None:
    burst = [
        DuplicateItem(k, LONG, f"p{k % 3}", "微博", at(k)) for k in range(CONFIG.burst_min_items)
    ]
    slow = [
        DuplicateItem(k, LONG, f"p{k}", "微博", at(30 * k)) for k in range(CONFIG.burst_min_items)
    ]
    [fast_group] = find_duplicates(burst, CONFIG)
    [slow_group] = find_duplicates(slow, CONFIG)
    assert fast_group.is_burst
    assert not slow_group.is_burst


def test_small_changes_do_not_drift_into_one_group() -> None:
    words = ["结算", "闪退", "卡顿", "退款", "配送", "验证码", "优惠券", "地址", "客服", "会员"]
    chain = [
        "".join(words[: len(words) - step] + words[:step]) * 3 + str(step) * step
        for step in range(8)
    ]
    items = [DuplicateItem(key, text) for key, text in enumerate(chain)]
    for group in find_duplicates(items, CONFIG):
        for key in group.members:
            likeness = jaccard(shingles(chain[group.root]), shingles(chain[key]))
            assert likeness >= CONFIG.near_duplicate_jaccard


ITEM = st.builds(
    DuplicateItem,
    key=st.just(0),
    text=st.one_of(
        st.sampled_from(
            ["闪退", "很好用", LONG, LONG + "啊", LONG[:-3], LONG[2:], "", "！！", LONG[::-1]]
        ),
        st.text(max_size=30),
    ),
    person=st.sampled_from([None, "a", "b"]),
    occurred_at=st.one_of(st.none(), st.integers(0, 200).map(at)),
)


@settings(max_examples=80, deadline=None)
@given(st.lists(ITEM, max_size=25), st.randoms(use_true_random=False))
def test_the_order_of_items_does_not_matter(
    drawn: list[DuplicateItem], chance: random.Random
) -> None:
    items = [
        DuplicateItem(key, item.text, item.person, None, item.occurred_at)
        for key, item in enumerate(drawn)
    ]
    expected = find_duplicates(items, CONFIG)
    shuffled = items.copy()
    chance.shuffle(shuffled)
    assert find_duplicates(shuffled, CONFIG) == expected
    members = [key for group in expected for key in group.members]
    assert len(members) == len(set(members))
    assert all(len(group.members) > 1 and group.root == group.members[0] for group in expected)


def test_bands_find_nearly_all_pairs_above_the_threshold() -> None:
    chance = random.Random(5)
    alphabet = [chr(0x4E00 + number) for number in range(800)]
    found = total = 0
    for _ in range(300):
        text = "".join(chance.choices(alphabet, k=60))
        spot = chance.randrange(5, 50)
        changed = text[:spot] + chance.choice(alphabet) + text[spot + 1 :]
        assert jaccard(shingles(text), shingles(changed)) > 0.8
        one, other = band_keys([text, changed])
        found += bool((one == other).any())
        total += 1
    assert found >= 0.99 * total


def test_band_keys_do_not_depend_on_the_neighbours() -> None:
    texts = [LONG, "闪退闪退闪", LONG[3:], "abc"]
    together = band_keys(texts)
    alone = np.vstack([band_keys([text]) for text in texts])
    assert together.shape == (4, 16)
    np.testing.assert_array_equal(together, alone)


def test_too_short_a_text_is_refused_by_the_bands() -> None:
    with pytest.raises(ValueError, match="got a text of 2 characters"):
        band_keys(["闪退"])


def test_cost_grows_linearly_even_when_all_are_alike() -> None:
    def spent(count: int) -> float:
        items = [DuplicateItem(k, f"{LONG}第{k}次了{chr(0x4E00 + k)}") for k in range(count)]
        start = time.thread_time()
        find_duplicates(items, CONFIG)
        return time.thread_time() - start

    spent(50)
    # Eight times the items: linear is 8, quadratic 64. The best of three: another test's
    # garbage may be collected meanwhile.
    assert min(spent(2400) for _ in range(3)) < 32 * min(spent(300) for _ in range(3))
