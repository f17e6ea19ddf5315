"""Only customers speak: chats, transcripts, work orders; several texts a row; any survey."""

import io
from zoneinfo import ZoneInfo

import pytest

from feedback_nlp.ingest import open_source
from feedback_nlp.ingest.speakers import split_dialogue, without_frame
from feedback_nlp.labels import SourceKind
from feedback_nlp.records import RawItem

CHINA = ZoneInfo("Asia/Shanghai")


def read(content, **options):
    with open_source(io.BytesIO(content.encode()), zone=CHINA, **options) as reading:
        return reading, list(reading.items)


def texts(items):
    return [item.text for item in items if isinstance(item, RawItem)]


CHAT = (
    "session_id,time,role,message_type,message\n"
    "a,2026-03-01 10:00:00,agent,text,您好，请问有什么可以帮您\n"
    "a,2026-03-01 10:00:20,customer,text,水管装反了\n"
    "b,2026-03-01 10:00:30,customer,image,[图片]\n"
    "a,2026-03-01 10:01:00,customer,text,热水出冷水\n"
    "a,2026-03-01 10:02:00,bot,text,已为您转人工\n"
    "a,2026-03-01 18:00:00,customer,text,还没人上门\n"
    "b,2026-03-01 10:03:00,customer,text,发票能补开吗\n"
)


def test_a_customers_lines_of_one_session_are_one_feedback_and_every_line_is_told():
    reading, items = read(CHAT)
    assert reading.kind is SourceKind.SUPPORT
    assert sorted(texts(items)) == sorted(["水管装反了\n热水出冷水", "还没人上门", "发票能补开吗"])
    reasons = [item.reason for item in items if not isinstance(item, RawItem)]
    assert sorted(reasons) == ["merged-line", "not-customer", "not-customer", "not-words"]
    assert {item.line for item in items} == set(range(2, 9))


def test_is_sender_tells_the_team():
    content = "id,StrContent,IsSender,CreateTime,Type,wxid\n1,新版打不开,0,1762050000,1,w1\n2,我们看下,1,1762050010,1,w2\n3,<msg/>,0,1762050020,3,w1\n"
    _, items = read(content)
    assert texts(items) == ["新版打不开"]


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("客服：您好\n用户：灯不亮\n客服：稍等\n用户：换了还不亮", "灯不亮\n换了还不亮"),
        ("用户:太慢了 客服:抱歉 用户:等了一小时", "太慢了\n等了一小时"),
        ("[坐席小李] 10:00:01：您好\n[客户] 10:00:05：退票", "退票"),
        ("客服：您好，欢迎光临", None),
        ("没有对话的一句话", "没有对话的一句话"),
    ],
)
def test_dialogues_in_a_cell_are_split(cell, said):
    assert split_dialogue(cell) == said


@pytest.mark.parametrize(
    ("order", "said"),
    [
        ("用户反馈，快递柜打不开", "快递柜打不开"),
        ("客户来电表示：门锁一直响", "门锁一直响"),
        ("自营面巾纸-顾客反映少发两包", "少发两包"),
        ("加厚加绒保暖内衣【两套装】起球太快", "起球太快"),
        ("产品名称：电饭煲 问题描述：内胆掉漆", "内胆掉漆"),
        ("客户对退款速度不满意", "对退款速度不满意"),
        ("用户连着买了两次", "用户连着买了两次"),
        ("冬天该用泡沫箱", "冬天该用泡沫箱"),
    ],
)
def test_the_agents_frame_is_cut(order, said):
    assert without_frame(order) == said


def test_comments_below_a_post_are_feedback_of_their_own():
    content = "标题,内容,用户,评论1内容,评论2内容\n新菜单,大家觉得如何,u1,太辣了,分量少\n外卖,送得怎样,u2,,洒了一半\n"
    _, items = read(content)
    assert texts(items) == [
        "新菜单\n大家觉得如何",
        "太辣了",
        "分量少",
        "外卖\n送得怎样",
        "洒了一半",
    ]
    post, comment, *_ = items
    assert comment.thread_key == post.thread_key
    assert (post.author, comment.author) == ("u1", None)
    assert len({item.source_key for item in items}) == 5


def test_pros_and_cons_are_texts_of_one_person():
    content = "用户,优点,缺点,建议,评分\nu1,讲得细,作业多,少留点作业,4\nu2,老师风趣,,,5\n"
    _, items = read(content)
    assert sorted(texts(items)) == sorted(["讲得细", "作业多", "少留点作业", "老师风趣"])
    assert all(item.author for item in items)


def test_a_survey_of_an_unknown_tool_gives_one_feedback_an_open_answer():
    header = "编号,提交时间,您对课程的满意度打几分？,您最常用哪个功能？,您还有什么建议？,您的姓名,您的手机,填写设备"
    rows = [
        f"{n},2026-03-0{n} 10:00:00,{n},回放,第{n}章讲得太快希望放慢,学员{n}号,1380000111{n},手机"
        for n in range(1, 6)
    ]
    reading, items = read("\n".join([header, *rows]))
    assert (reading.layout, reading.kind) == ("survey", SourceKind.SURVEY)
    assert [item.text for item in items] == [f"第{n}章讲得太快希望放慢" for n in range(1, 6)]
    assert items[0].meta["您最常用哪个功能？"] == "回放"
    assert items[2].rating == 3
    assert "1380000111" not in str([item.meta for item in items])
    assert "学员" not in str([item.meta for item in items])


def test_qualtrics_three_header_rows():
    ids = ",".join(
        '"{""ImportId"":""' + name + '""}"'
        for name in ("recordedDate", "_recordId", "recipientLastName", "QID1", "QID2_TEXT")
    )
    content = f"RecordedDate,ResponseId,RecipientLastName,Q1,Q2\n记录日期,答复 ID,姓,您有多大可能推荐我们,请问哪里可以改进？\n{ids}\n2026-03-01 10:00:00,R_1,欧阳,9,签到总是失败\n2026-03-02 10:00:00,R_2,上官,2,客服周末不在\n"
    reading, items = read(content)
    assert reading.layout == "survey"
    assert [item.text for item in items] == ["签到总是失败", "客服周末不在"]
    assert items[0].meta["Q1 您有多大可能推荐我们"] == "9"
    assert "欧阳" not in str(items)
