"""What people plan, say and decide about a request, besides its status."""

from datetime import timedelta

import pytest
from sqlmodel import select

from feedback_nlp.clean.pseudonyms import Pseudonymizer
from feedback_nlp.errors import InputError, NotFound
from feedback_nlp.labels import RequestStatus
from feedback_nlp.requests.card import markdown_card, plain
from feedback_nlp.requests.comments import add_comment
from feedback_nlp.requests.declining import decline_reasons
from feedback_nlp.requests.moving import Move, get_request, move_request
from feedback_nlp.requests.reading import request_detail, request_row
from feedback_nlp.requests.sync import sync_requests
from feedback_nlp.requests.versions import describe_edit
from feedback_nlp.store.tables import Feedback, FeedbackUnit, RequestComment, RequestEdit
from tests.requests.test_moving import LATER, NOW, RANK, edit, make, move
from tests.requests.test_requests import _Undo
from tests.week.six_weeks import ZONE, six_weeks

KEYED = Pseudonymizer(b"0" * 32)
LINK = "https://tapd.example/stories/12?a=b"


@pytest.fixture(scope="module")
def filled(new_database_url):
    with six_weeks(new_database_url()) as (database, _):
        yield database


@pytest.fixture
def session(filled):
    """A session whose changes are rolled back."""
    with pytest.raises(_Undo), filled.write() as session:
        sync_requests(session, RANK, zone=ZONE, now=NOW - timedelta(hours=1))
        yield session
        raise _Undo


def comment(session, text="下周给方案", actor="林晓", now=NOW, key="REQ-1"):
    return add_comment(session, key, text, actor=actor, now=now, pseudonymizer=KEYED)


def card_of(session, key="REQ-1", people="人"):
    row = request_row(session, get_request(session, key))
    return markdown_card(row, zone=ZONE, people=people)


def test_release_labels_and_link_are_one_event(session):
    edited = edit(
        session, target_release=" 3.3 ", labels=["相册", " 安卓 ", "相册"], tracker_url=LINK
    )
    assert edited.request.version == 2
    (event,) = session.scalars(select(RequestEdit)).all()
    assert event.detail == {
        "target_release": [None, "3.3"],
        "labels": [[], ["相册", "安卓"]],
        "tracker_url": [None, LINK],
    }
    assert "标签（未填 → 相册、安卓）" in describe_edit(event)
    assert not edit(session, labels=["相册", "安卓"], target_release="3.3").changed
    cleared = edit(session, labels=None, target_release=None, tracker_url=None).request
    assert (cleared.labels, cleared.target_release, cleared.tracker_url) == ([], None, None)


@pytest.mark.parametrize(
    "values",
    [
        {"target_release": " "},
        {"target_release": "版" * 61},
        {"labels": [""]},
        {"labels": ["长" * 41]},
        {"labels": [str(number) for number in range(21)]},
        {"labels": "相册"},
        {"tracker_url": "javascript:alert(1)"},
        {"tracker_url": "http://"},
        {"tracker_url": "https://me:secret@tapd.example/1"},
        {"tracker_url": "https://tapd.example/> <b>"},
        {"tracker_url": "http://[::1"},
        {"tracker_url": "https://a.example/" + "a" * 500},
    ],
)
def test_what_the_tracker_does_not_take(session, values):
    with pytest.raises(InputError):
        edit(session, **values)
    assert get_request(session, "REQ-1").version == 1


def test_a_request_by_hand_takes_them_too(session):
    request = make(session, target_release="3.4", labels=["语音"], tracker_url=LINK).request
    assert (request.target_release, request.labels, request.tracker_url) == ("3.4", ["语音"], LINK)
    assert make(session, title="没有标签的").request.labels == []


def test_a_comment_is_kept_once_and_without_personal_data(session):
    added, said = comment(session, "用户留了电话 13812345678，回访过", now=NOW)
    assert added
    assert "13812345678" not in said.text
    assert said.text.startswith("用户留了电话 〔手机号·")
    assert not comment(session, "用户留了电话 13812345678，回访过", now=LATER)[0]
    assert comment(session, "用户留了电话 13812345678，回访过", actor="小王")[0]
    assert [item.actor for item in request_detail(session, "REQ-1").comments] == ["林晓", "小王"]
    assert get_request(session, "REQ-1").version == 1  # nobody who edits is in the way


@pytest.mark.parametrize(("text", "actor"), [(" ", "林晓"), ("长" * 5_001, "林晓"), ("好", " ")])
def test_a_comment_that_is_none(session, text, actor):
    with pytest.raises(InputError):
        comment(session, text, actor)
    with pytest.raises(NotFound):
        comment(session, key="REQ-999")
    assert session.scalars(select(RequestComment)).all() == []


def test_the_card_has_what_a_tracker_needs(session):
    edit(session, owner="小李", target_release="3.3", labels=["相册"], tracker_url=LINK)
    card = card_of(session)
    request = get_request(session, "REQ-1")
    assert card.startswith(f"## REQ-1 {request.title}\n")
    for line in ("- 负责人：小李", "- 计划版本：3.3", "- 标签：相册", f"- 任务：<{LINK}>"):
        assert f"\n{line}\n" in card
    row = request_row(session, request)
    assert f"- 多少人：{row.counts.people} 人提到，{row.counts.units} 条原话" in card
    assert card.count("\n> ") == len(row.quotes) > 0


def test_what_people_wrote_calls_nobody_and_links_nowhere(session):
    unit_id = request_row(session, get_request(session, "REQ-1")).quotes[0].unit_id
    unit = session.get_one(FeedbackUnit, unit_id)
    feedback = session.get_one(Feedback, unit.feedback_id)
    feedback.text = "@所有人 <img src=x> [点我](https://evil.example) #12 www.evil.example *急*"
    unit.start, unit.end = 0, len(feedback.text)
    session.add_all([feedback, unit])
    session.flush()
    card = card_of(session)
    assert "@\u200b所有人" in card
    assert "\\<img src=x\\>" in card
    assert "https://evil" not in card
    assert "www.evil" not in card
    assert "#12" not in card
    assert "\\[点我\\]" in card
    assert "\\*急\\*" in card


def test_plain_is_one_line():
    assert plain("一\n# 二") == "一 # 二"
    assert plain("a|b_c") == "a\\|b\\_c"


def test_a_reason_is_offered_where_the_same_was_asked(session):
    wordy = {"reason": "与隐私政策冲突", "now": NOW}
    move(session, "declined", "林晓", **wordy)
    for number, title in enumerate(["自动上传通讯录", "导入微信聊天"]):
        key = make(session, title=title).request.key
        moment = NOW + timedelta(minutes=number + 1)
        move_request(session, key, Move(RequestStatus.DECLINED, "林晓", "排不上 。"), now=moment)
    same = make(session, title="自动 上传通讯录", actor="小王").request
    found = decline_reasons(session, same.key)
    assert [(item.reason, item.times, item.is_same_ask) for item in found] == [
        ("排不上 。", 2, True),
        ("与隐私政策冲突", 1, False),
    ]
    assert len(found[0].keys) == 2
    again = decline_reasons(session, "REQ-1")  # reopened or not: its own reason comes first
    assert [(item.reason, item.is_same_ask) for item in again] == [
        ("与隐私政策冲突", True),
        ("排不上 。", False),
    ]
    assert not any(item.is_same_ask for item in decline_reasons(session))
    with pytest.raises(NotFound):
        decline_reasons(session, "REQ-999")
