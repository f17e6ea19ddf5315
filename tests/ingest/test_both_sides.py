"""Files in which a team and its customers both speak: only the customers' words are stored."""

import json
from collections import Counter
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from feedback_nlp.ingest import open_source
from feedback_nlp.records import RawItem

CHINA = ZoneInfo("Asia/Shanghai")


def read(path: Path):
    with open_source(path, zone=CHINA) as reading:
        items = list(reading.items)
        return reading, [item for item in items if isinstance(item, RawItem)]


def table(tmp_path, lines, name="短信.csv"):
    path = tmp_path / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return read(path)


ASKED = "【顺心快修】师傅已上门，请回复1-5分或直接说意见"
REPLIES = ("4 来得挺准时", "洗衣机修完第二天又不转了", "收了配件费没给发票")


@pytest.mark.parametrize(
    "head",
    ["手机号,下发内容,下发时间,回复内容,回复时间", "号码,短信内容,发送时间,上行内容,上行时间"],
)
def test_replies_to_what_people_were_sent_are_theirs(tmp_path, head):
    lines = [head]
    for n, said in enumerate(REPLIES):
        lines.append(f"1340000110{n},{ASKED},2026-03-02 09:00:00,{said},2026-03-0{n + 3} 10:00:00")
    reading, said = table(tmp_path, lines)
    assert [item.text for item in said] == list(REPLIES)
    assert [item.occurred_at.astimezone(CHINA).day for item in said] == [3, 4, 5]
    assert len({item.author for item in said}) == 3
    assert reading.kind == "survey"
    assert "是发给用户的话" in "；".join(reading.notes)


def test_a_reply_below_messages_that_differ_is_the_teams(tmp_path):
    lines = ["用户ID,消息内容,时间,回复内容,回复时间"]
    for n, said in enumerate(REPLIES):
        lines.append(f"u{n},{said},2026-03-02 09:0{n}:00,亲，已登记,2026-03-03 09:00:00")
    _, said = table(tmp_path, lines)
    assert [item.text for item in said] == list(REPLIES)


def test_line_chats_are_read_by_clock_name_and_words(tmp_path):
    path = tmp_path / "[LINE]露營群.txt"
    path.write_text(
        "[LINE] 露營群的聊天記錄\n儲存日期：2026/03/05 22:01\n\n2026/03/02（一）\n"
        "09:12\t阿樺\t爐頭點不著火\n09:15\t小編-山行\t請問型號是？\n09:16\t阿樺\t[照片]\n\n"
        "2026/03/03（二）\n21:03\tMina\t睡袋拉鍊一拉就卡\n",
        encoding="utf-8",
    )
    _, said = read(path)
    assert [item.text for item in said] == ["爐頭點不著火", "睡袋拉鍊一拉就卡"]
    assert [item.author for item in said] == ["阿樺", "Mina"]
    assert f"{said[1].occurred_at.astimezone(CHINA):%Y-%m-%d %H:%M}" == "2026-03-03 21:03"


def test_received_messages_of_a_phone_are_the_customers(tmp_path):
    path = tmp_path / "sms.xml"
    said = [(1, "快递扔在雨里"), (2, "马上核实"), (1, "驿站八点就关门")]
    rows = "".join(
        f'<sms address="1340000110{n}" date="177243840{n}000" type="{kind}" body="{body}"'
        f' read="1" readable_date="2026-03-02 16:0{n}:00" contact_name="(Unknown)" />'
        for n, (kind, body) in enumerate(said)
    )
    path.write_text(f'<?xml version="1.0"?><smses count="3">{rows}</smses>', encoding="utf-8")
    _, kept = read(path)
    assert [item.text for item in kept] == ["快递扔在雨里", "驿站八点就关门"]


def test_conversations_marked_incoming_are_the_requesters(tmp_path):
    path = tmp_path / "tickets.json"
    tickets = [
        {
            "id": 70 + n,
            "subject": "换货",
            "description_text": f"第{n}次寄来的尺码还是不对",
            "description": f"<div>第{n}次寄来的尺码还是不对</div>",
            "created_at": "2026-03-02T09:00:00Z",
            "requester": {"id": 800 + n, "name": f"买家{n}号"},
            "responder_id": 33,
            "conversations": [
                {
                    "id": 900 + n,
                    "incoming": True,
                    "body_text": f"{n}天了还没人回",
                    "user_id": 800 + n,
                    "created_at": "2026-03-03T09:00:00Z",
                },
                {
                    "id": 950 + n,
                    "incoming": False,
                    "body_text": "您好，已为您加急处理",
                    "user_id": 33,
                    "created_at": "2026-03-04T09:00:00Z",
                },
            ],
        }
        for n in (1, 2)
    ]
    path.write_text(json.dumps(tickets, ensure_ascii=False), encoding="utf-8")
    _, said = read(path)
    whole = "；".join(item.text for item in said)
    assert all(f"{n}天了还没人回" in whole and f"第{n}次寄来的" in whole for n in (1, 2))
    assert "加急" not in whole
    assert sorted(Counter(item.author for item in said).values()) == [2, 2]


def test_robots_of_a_code_forge_and_gifts_in_a_live_room_are_no_feedback(tmp_path):
    lines = ["日期,时间,互动类型,昵称,用户ID,内容"]
    lines += [
        f"2026-03-02,20:0{n}:00,{kind},看客{n},{7000 + n},{said}"
        for n, (kind, said) in enumerate(
            [
                ("评论", "口红色号选不了"),
                ("送礼", "小心心x3"),
                ("评论", "链接点开是空的"),
                ("进入", ""),
            ]
        )
    ]
    reading, said = table(tmp_path, lines, "直播间.csv")
    assert [item.text for item in said] == ["口红色号选不了", "链接点开是空的"]
    assert reading.kind == "social"
    path = tmp_path / "issues.json"
    issues = [
        {
            "number": n,
            "title": title,
            "body": body,
            "user": {"login": who, "id": 500 + n, "type": kind},
            "created_at": "2026-03-02T09:00:00Z",
        }
        for n, (title, body, who, kind) in enumerate(
            [
                ("拖动就白屏", "拖完再撤销，画布就没了", "hui-dev", "User"),
                ("Bump vite", "Bumps vite from 1 to 2.", "dependabot[bot]", "Bot"),
            ]
        )
    ]
    path.write_text(json.dumps(issues, ensure_ascii=False), encoding="utf-8")
    _, said = read(path)
    assert len(said) == 1
    assert "撤销" in said[0].text


def test_headers_in_two_languages_are_known_by_either(tmp_path):
    head = "编号 ID,时间 Created,用户 User,反馈内容 Feedback,评分 Score(1-5),跟进人 Owner"
    lines = [head]
    for n, (who, text) in enumerate((("鹿鸣", "模板找不到"), ("阿槐", "导出多一页"), ("", "好用"))):
        lines.append(f"UV-{n},2026-03-02 10:0{n},{who},{text},{n + 2},小组")
    _, said = table(tmp_path, lines, "双语.csv")
    assert [item.source_key for item in said] == ["UV-0", "UV-1", "UV-2"]
    assert [item.rating for item in said] == [2, 3, 4]


def test_a_mark_that_is_the_same_on_all_rows_gives_way_to_one_that_varies(tmp_path):
    lines = ["cmtid,ctime,rating,rating_star,comment"]
    for n, text in enumerate(("杯盖漏水", "保温一整天", "颜色发灰")):
        lines.append(f"55{n},2026-03-0{n + 1} 08:00:00,1,{n + 3},{text}")
    _, said = table(tmp_path, lines, "ratings.csv")
    assert [item.rating for item in said] == [3, 4, 5]
