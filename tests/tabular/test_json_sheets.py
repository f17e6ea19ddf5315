"""Responses of form tools in JSON: a sheet each, its open answers its feedback."""

import io
import json
from zoneinfo import ZoneInfo

from feedback_nlp.ingest import open_source
from feedback_nlp.labels import SourceKind
from feedback_nlp.records import RawItem
from feedback_nlp.tabular.json_sheets import opened_sheet

CHINA = ZoneInfo("Asia/Shanghai")


def read(document):
    with open_source(io.BytesIO(json.dumps(document).encode()), zone=CHINA) as reading:
        return reading, [item for item in reading.items if isinstance(item, RawItem)]


def typed(ref, kind, value, name=None):
    name = name or {"long_text": "text", "nps": "number"}.get(kind, kind)
    return {"field": {"id": f"id-{ref}", "type": kind, "ref": ref}, "type": name, name: value}


def response(number, *answers):
    return {
        "response_id": f"r{number}",
        "submitted_at": f"2026-05-0{number}T10:00:00Z",
        "metadata": {"user_agent": "Mozilla/5.0", "network_id": f"net{number}"},
        "answers": list(answers),
    }


RESPONSES = [
    response(
        1,
        typed("recommend", "nps", 9),
        typed("best", "long_text", "水温稳，救生员一直在巡"),
        typed("worst", "long_text", "更衣柜锁坏了四个"),
        typed("mail", "email", "xiaoman@example.test"),
    ),
    response(2, typed("recommend", "nps", 2), typed("worst", "long_text", "停车要绕两圈")),
    response(
        3,
        typed("recommend", "nps", 10),
        typed("often", "choice", {"label": "每周一次"}),
        typed("best", "long_text", "少儿班老师有耐心"),
        typed("mail", "email", "xiaoman@example.test"),
    ),
]


def test_each_open_answer_is_a_feedback_with_score_time_and_person_of_its_sheet():
    reading, said = read({"total_items": 3, "items": RESPONSES})
    assert reading.kind is SourceKind.SURVEY
    assert [(item.text, item.meta["question"]) for item in said] == [
        ("水温稳，救生员一直在巡", "best"),
        ("更衣柜锁坏了四个", "worst"),
        ("停车要绕两圈", "worst"),
        ("少儿班老师有耐心", "best"),
    ]
    assert [item.meta["recommend"] for item in said] == ["9", "9", "2", "10"]
    assert [item.thread_key for item in said] == ["r1", "r1", "r2", "r3"]
    assert said[0].occurred_at.isoformat() == "2026-05-01T10:00:00+00:00"
    assert said[0].author == said[3].author == "xiaoman@example.test"
    assert said[2].author is None
    assert said[3].meta["often"] == "每周一次"
    assert not any("net1" in json.dumps(dict(item.meta)) for item in said)


def test_keys_do_not_hang_on_the_order_of_the_answers():
    turned = [{**r, "answers": r["answers"][::-1]} for r in RESPONSES[::-1]]
    keys = {item.text: item.source_key for item in read({"items": RESPONSES})[1]}
    assert keys == {item.text: item.source_key for item in read({"items": turned})[1]}


def test_lists_of_question_and_answer_are_sheets_too():
    document = [
        {
            "id": n,
            "submitTime": "2026-05-06 10:00:00",
            "answers": [
                {"question": "您的姓名", "answer": name},
                {"question": "您觉得餐厅满意吗", "answer": mark},
                {"question": "您有什么建议？", "answer": said},
            ],
        }
        for n, name, mark, said in (
            (1, "欧阳小满", 5, "筷子筒能不能加盖"),
            (2, "诸葛阿木", 2, "面等了半小时才上"),
            (3, "司徒冰冰", 4, "空调正对着门口吹"),
        )
    ]
    _, said = read(document)
    assert [item.text for item in said] == [
        "筷子筒能不能加盖",
        "面等了半小时才上",
        "空调正对着门口吹",
    ]
    assert [item.rating for item in said] == [5, 2, 4]
    assert not any("欧阳" in json.dumps(dict(i.meta), ensure_ascii=False) for i in said)


def test_marks_below_a_review_are_no_sheet():
    reviews = [
        {"id": n, "content": text, "questions": [{"question": "做工", "answer": mark}]}
        for n, text, mark in (
            (1, "拉链一个星期就滑齿了，换货还要自己出运费", 2),
            (2, "书包背带很宽，孩子背一天肩膀不红", 5),
        )
    ]
    _, said = read(reviews)
    assert [item.text for item in said] == [review["content"] for review in reviews]


def test_answers_to_a_question_are_posts():
    post = {"question": {"title": "值得买吗"}, "content": "不值", "author": {"name": "某某"}}
    assert opened_sheet({"id": 1, "answers": [post]}) is None


def test_a_webhook_is_one_response():
    answers = response(
        4, typed("worst", "long_text", "淋浴间排队二十分钟"), typed("score", "nps", 2)
    )
    hook = {
        "event_id": "e1",
        "form_response": {
            "form_id": "f1",
            "token": "t1",
            "submitted_at": answers["submitted_at"],
            "definition": {
                "fields": [{"id": "id-worst", "title": "哪里不好", "type": "long_text"}]
            },
            "answers": answers["answers"],
        },
    }
    reading, said = read(hook)
    assert reading.kind is SourceKind.SURVEY
    assert [(item.text, item.thread_key) for item in said] == [("淋浴间排队二十分钟", "t1")]
    assert said[0].occurred_at is not None


def test_the_same_question_twice_is_from_two_people():
    pairs = [{"question": "哪里不好", "answer": a} for a in ("停车要绕两圈", "更衣柜锁坏了四个")]
    _, said = read({"token": "t1", "answers": pairs})
    assert [item.text for item in said] == ["停车要绕两圈", "更衣柜锁坏了四个"]
