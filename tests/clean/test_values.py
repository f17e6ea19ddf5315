import json
from datetime import datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedback_nlp.clean import Pseudonymizer, redact_key, redact_value

KEEPER = Pseudonymizer(b"tests")
MOBILE = KEEPER.pseudonym("手机号", "13800001234")


@pytest.mark.parametrize(
    "value",
    [13800001234, 13800001234.0, Decimal(13800001234), "13800001234", "138 0000 1234"],
    ids=repr,
)
def test_a_mobile_number_of_any_type_gets_one_stand_in(value: object) -> None:
    assert redact_value(value, KEEPER) == MOBILE


@pytest.mark.parametrize(
    "value",
    [
        *(None, True, 0, 5, 4.5, -3, 139.12345678, float("inf"), float("nan"), 10**500),
        *("", "很好", datetime(2026, 11, 16, 10, 22)),
    ],
    ids=repr,
)
def test_what_is_nobodys_stays_as_it_is(value: object) -> None:
    assert redact_value(value, KEEPER) is value or redact_value(value, KEEPER) == value


def test_lists_and_mappings_are_redacted_at_every_depth_keys_too() -> None:
    value = {"联系": [{"手机": 13800001234}, ("a@mail.example.com",)], "13800001234": 1}
    stored = redact_value(value, KEEPER)
    assert stored == {
        "联系": [{"手机": MOBILE}, [KEEPER.pseudonym("邮箱", "a@mail.example.com")]],
        MOBILE: 1,
    }


def test_the_key_tells_what_a_value_is() -> None:
    stored = redact_value({"微信号": "abcdefg_h", "QQ": 123456789, "套餐": "abcdefg_h"}, KEEPER)
    assert stored == {
        "微信号": KEEPER.pseudonym("微信", "abcdefg_h"),
        "QQ": KEEPER.pseudonym("QQ", "123456789"),
        "套餐": "abcdefg_h",
    }


def test_keys_that_become_one_keep_both_values() -> None:
    stored = redact_value({"138 0000 1234": 1, "13800001234": 2}, KEEPER)
    assert stored == {MOBILE: 1, f"{MOBILE} (2)": 2}


def test_what_is_nested_without_end_says_so() -> None:
    value: object = "13800001234"
    for _ in range(3_000):
        value = [value]
    assert "未保留" in json.dumps(redact_value(value, KEEPER), ensure_ascii=False)


def test_keys_of_rows_hide_a_number_and_stay_apart() -> None:
    keys = {redact_key(f"138{number:08}", KEEPER) for number in range(20_000)}
    assert len(keys) == 20_000
    assert not any("138" in key and len(key) < 20 for key in keys)
    assert redact_key("review-88", KEEPER) == "review-88"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just(13800001234),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None)
@given(JSON)
def test_redacting_never_raises_and_is_idempotent(value: object) -> None:
    once = redact_value(value, KEEPER)
    assert repr(redact_value(once, KEEPER)) == repr(once)
    assert "13800001234" not in repr(once)
