"""Exports whose people, verdicts, second texts and times stand where few files have them."""

import io
import json
from zoneinfo import ZoneInfo

import pytest

from feedback_nlp.ingest import open_source
from feedback_nlp.ingest.people import Person, is_placeholder, person_by_name
from feedback_nlp.ingest.speakers import is_team_name
from feedback_nlp.labels import SourceKind
from feedback_nlp.records import RawItem

CHINA = ZoneInfo("Asia/Shanghai")


def read(content):
    data = content if isinstance(content, bytes) else content.encode()
    with open_source(io.BytesIO(data), zone=CHINA) as reading:
        items = list(reading.items)
    return reading, [item for item in items if isinstance(item, RawItem)], items


def read_file(path, content):
    path.write_text(content, encoding="utf-8")
    with open_source(path, zone=CHINA) as reading:
        items = list(reading.items)
    return reading, [item for item in items if isinstance(item, RawItem)]


def moment(item):
    return item.occurred_at and f"{item.occurred_at.astimezone(CHINA):%Y-%m-%d %H:%M}"


@pytest.mark.parametrize(
    "header",
    [
        "孩子班级和姓名",
        "宝宝姓名",
        "学生姓名及班级",
        "姓名/手机号",
        "请填写您的姓名是什么",
        "联系人/电话",
        "家长称呼",
        "微信OpenID",
        "收件信息",
        "报事人",
        "主人",
        "来访人",
        "求助人",
    ],
)
def test_headers_that_ask_for_a_person_hold_one(header):
    assert person_by_name(header) in (Person.NAME, Person.ID, Person.PRIVATE)


@pytest.mark.parametrize(
    "header", ["产品名字", "您对新名字有什么建议", "机器人", "同行人", "城市名称"]
)
def test_names_of_things_are_nobodys(header):
    assert person_by_name(header) is None


@pytest.mark.parametrize("header", ["派单人", "回访人", "老师姓名", "客服姓名"])
def test_who_works_on_it_is_staff(header):
    assert person_by_name(header) is Person.AGENT


SURVEY = (
    "序号,您对本次夏令营的总体评价,您最喜欢的地方是什么？,您觉得哪些地方要改？（选填）,孩子姓名和班级,微信OpenID,提交时间\n"
    "1,非常满意,营地的厨师会问孩子想吃什么,,二班 欧阳小满,oAA1,2026-07-01 09:00:00\n"
    "2,一般,,帐篷漏雨，半夜换到大厅睡,三班 诸葛阿木,oBB2,2026-07-01 10:00:00\n"
    "3,不满意,没有,出发晚了两小时没人说一声,一班 司徒冰冰,oCC3,2026-07-02 11:00:00\n"
    "4,满意,射箭课教得细，回家还在比划,水壶里的水没烧开过,二班 南宫豆豆,oAA1,2026-07-02 12:00:00\n"
)


def test_words_on_a_scale_are_the_rating_and_open_questions_the_texts():
    reading, said, _ = read(SURVEY)
    assert reading.kind is SourceKind.SURVEY
    assert [item.text for item in said if item.text != "没有"] == [
        "营地的厨师会问孩子想吃什么",
        "帐篷漏雨，半夜换到大厅睡",
        "出发晚了两小时没人说一声",
        "射箭课教得细，回家还在比划",
        "水壶里的水没烧开过",
    ]
    assert [item.rating for item in said] == [5, 3, 2, 2, 4, 4]


def test_blanks_in_words_count_as_answers_to_an_open_question():
    rows = ("n/a", "The driver rang twice", "-", "Ice packs still frozen", "Fast", "-", "n/a")
    sheets = "".join(f"{n},{said},2026-06-0{n} 10:00:00,ab{n}\n" for n, said in enumerate(rows, 1))
    _, said, _ = read(
        f'#,"Your delivery, in a word or two?",Submit Date (UTC),Network ID\n{sheets}'
    )
    assert "Ice packs still frozen" in [item.text for item in said]


def test_a_name_beside_other_things_is_not_kept():
    _, said, _ = read(SURVEY)
    kept = json.dumps([dict(item.meta) for item in said], ensure_ascii=False)
    assert not any(name in kept for name in ("欧阳小满", "诸葛阿木", "司徒冰冰", "oAA1"))
    assert said[0].author == said[-1].author


def test_one_column_of_short_texts_is_still_the_text():
    _, said, _ = read("text,star\n好,5\n好,5\n不错,4\n好,5\n")
    assert [item.text for item in said] == ["好", "好", "不错", "好"]


def test_what_is_said_at_a_call_back_is_a_text_of_its_own():
    reading, said, _ = read(
        "工单编号,报事时间,报事人,报事内容,处理过程,回访评价,回访星级\n"
        "B1,2026-05-01 08:00,欧阳先生,楼道声控灯拍手也不亮,已换灯头,换完第二天又坏了,2\n"
        "B2,2026-05-02 08:00,诸葛女士,门禁卡刷三次才开,重新写卡,一次就开，快,5\n"
        "B3,2026-05-03 08:00,欧阳先生,水管半夜有敲击声,,,\n"
    )
    assert [item.text for item in said] == [
        "楼道声控灯拍手也不亮",
        "换完第二天又坏了",
        "门禁卡刷三次才开",
        "一次就开，快",
        "水管半夜有敲击声",
    ]
    assert said[0].thread_key == said[1].thread_key
    assert said[0].author == said[1].author == said[-1].author == "欧阳先生"
    assert reading.kind is SourceKind.SUPPORT


def test_private_words_to_the_host_are_a_text_of_their_own():
    records = [
        {"id": 1, "comments": "Quiet street, soft bed", "privateFeedback": "The tap drips"},
        {"id": 2, "comments": "The lift was broken all week", "privateFeedback": None},
        {"id": 3, "comments": "Breakfast was cold twice", "privateFeedback": "No towels"},
    ]
    _, said, _ = read(json.dumps({"reviews": records}))
    assert [item.text for item in said] == [
        "Quiet street, soft bed",
        "The tap drips",
        "The lift was broken all week",
        "Breakfast was cold twice",
        "No towels",
    ]


def test_a_masked_phone_tells_people_apart_where_nothing_else_does():
    _, said, _ = read(
        "留言编号,用户号码,留言内容,留言时间,处理工号\n"
        "7001,13800*****7,宽带晚上掉线三回,2026-05-06 09:12,admin07\n"
        "7002,15100*****2,套餐改了没有通知,2026-05-06 10:12,admin08\n"
        "7003,13800*****7,换了光猫还是掉线,2026-05-07 09:12,admin07\n"
    )
    assert said[0].author == said[2].author != said[1].author
    assert not any("13800" in json.dumps(dict(item.meta)) for item in said)


def test_phones_of_shops_are_nobodys_key():
    _, said, _ = read(
        "门店电话,评价内容,评价时间\n13800001111,面太咸了,2026-05-06\n13900002222,汤很鲜,2026-05-07\n"
    )
    assert [item.author for item in said] == [None, None]


def test_the_title_of_a_page_is_no_person_beside_one():
    _, said, _ = read(
        "Name,回访时间,主人,主人反馈,满意度（1-5）\n"
        "大黄打疫苗,2026-05-12,欧阳先生,排了一个小时才轮到,3\n"
        "小白洗澡,2026-05-13,诸葛女士,吹得不干，回家打喷嚏,2\n"
        "大黄复查,2026-05-20,欧阳先生,医生耐心，恢复得好,5\n"
    )
    assert [item.author for item in said] == ["欧阳先生", "诸葛女士", "欧阳先生"]


@pytest.mark.parametrize(
    "name", ["用户已注销", "A Google user", "无名", "佚名", "匿名网友", "收件人：匿名"]
)
def test_who_has_no_name_is_nobody(name):
    assert is_placeholder(name)


@pytest.mark.parametrize(
    "name", ["官方客服-小满", "某某小助手", "运营阿紫", "Front Desk Ann", "Reef Game Devs"]
)
def test_names_under_which_a_team_speaks(name):
    assert is_team_name(name)


@pytest.mark.parametrize(
    "name", ["欧阳小满", "官方粉丝团阿木", "吐槽客服", "Desktop Dave", "devin"]
)
def test_names_under_which_users_speak(name):
    assert not is_team_name(name)


def test_a_page_cut_to_columns_is_read_by_its_floors():
    reading, said, _ = read(
        "字段1,字段2,字段3_文本,字段4\n"
        "楼主,山路骑手,后刹车一踩就叫，换了片也叫,发表于 2026-6-8 12:20:33\n"
        "1楼,北坡,我的也叫，跑了两百公里才好,发表于 2026-6-8 15:01:00\n"
        "2楼,官方客服-小满,请把车架号发给我们,发表于 2026-6-8 15:30:10\n"
        "3楼,山路骑手,等了一周没人打电话来,发表于 2026-6-15 09:09:09\n"
    )
    assert reading.kind is SourceKind.SOCIAL
    assert [item.author for item in said] == ["山路骑手", "北坡", "山路骑手"]
    assert moment(said[0]) == "2026-06-08 12:20"


@pytest.mark.parametrize(
    "footer", ["合计,,,共8条评价，差评2条", "合计,,,本季度共受理6件，办结4件", ",,,共3条反馈"]
)
def test_sums_in_words_are_no_feedback(footer):
    _, said, items = read(
        "序号,评价时间,评分,评价内容\n1,2026-05-06,5,鱼很新鲜\n2,2026-05-07,1,等了四十分钟\n"
        f"3,2026-05-07,4,共3条鱼，条条新鲜\n{footer}\n"
    )
    assert [item.text for item in said] == ["鱼很新鲜", "等了四十分钟", "共3条鱼，条条新鲜"]
    assert [item.reason for item in items if not isinstance(item, RawItem)] == ["not-feedback"]


WHATSAPP = (
    "{0} - Messages and calls are end-to-end encrypted.\n"
    "{1} - Tour Desk Ann: Bus leaves at nine\n"
    "{1} - Ouyang: The bus was an hour late\n"
    "{2} - Zhuge: Lovely guide\n"
    "{2} - Situ: This message was deleted\n"
    "{2} - Situ: No water on the boat\n"
)


@pytest.mark.parametrize(
    ("stamps", "first", "order"),
    [
        (
            ("03/06/2026, 18:00", "03/06/2026, 18:05", "04/06/2026, 09:00"),
            "2026-06-03 18:05",
            "日/月",
        ),
        (("6/3/26, 6:00 PM", "6/3/26, 6:05 PM", "6/4/26, 9:00 AM"), "2026-06-03 18:05", "月/日"),
        (("03.06.26, 18:00", "03.06.26, 18:05", "04.06.26, 09:00"), "2026-06-03 18:05", "日/月"),
    ],
)
def test_the_clock_of_a_chat_tells_which_of_day_and_month_is_first(tmp_path, stamps, first, order):
    reading, said = read_file(tmp_path / "chat.txt", WHATSAPP.format(*stamps))
    assert [item.text for item in said] == [
        "The bus was an hour late",
        "Lovely guide",
        "No water on the boat",
    ]
    assert moment(said[0]) == first
    assert reading.kind is SourceKind.SOCIAL
    assert any(order in note for note in reading.notes)


def test_a_table_with_ambiguous_days_stays_undated():
    _, said, _ = read("date,text\n03/06/2026 18:05,too slow to load\n04/06/2026 09:00,fine now\n")
    assert [item.occurred_at for item in said] == [None, None]


def test_of_a_live_room_only_words_are_feedback():
    def event(number, method, text, admin=False):
        return {
            "method": f"Webcast{method}Message",
            "common": {"msgId": str(number), "createTime": 1772330400000 + number * 60000},
            "user": {"id": f"u{number % 3}", "nickname": "某某", "isAnchorAdmin": admin},
            "content": text,
        }

    events = [
        event(1, "Chat", "这条裤子有没有加长的"),
        event(2, "Gift", "送出 小星星 x3"),
        event(3, "Member", "来了"),
        event(4, "Chat", "昨天买的掉色，一洗一盆蓝"),
        event(5, "Chat", "家人们点左下角", admin=True),
        event(6, "Like", "点赞了"),
    ]
    reading, said, items = read("\n".join(json.dumps(e, ensure_ascii=False) for e in events))
    assert [item.text for item in said] == ["这条裤子有没有加长的", "昨天买的掉色，一洗一盆蓝"]
    assert [item.source_key for item in said] == ["1", "4"]
    assert moment(said[0]) == "2026-03-01 10:01"
    assert reading.kind is SourceKind.SOCIAL
    assert len(items) == 6


def test_milliseconds_of_a_database_and_the_id_of_a_thread_are_known():
    records = [
        {"tid": 501, "content": "路口的灯坏了一个月", "gmtModified": 1772330400000, "mark": 2},
        {"tid": 502, "content": "社区医生上门很及时", "gmtModified": 1772334000000, "mark": 5},
    ]
    _, said, _ = read(json.dumps({"result": {"list": records}}))
    assert [item.source_key for item in said] == ["501", "502"]
    assert [item.rating for item in said] == [2, 5]
    assert moment(said[0]) == "2026-03-01 10:00"


def test_a_formula_around_an_id_is_the_id():
    _, said, _ = read('评价id,评价内容\n"=""SD001""",箱子湿了\n"=""SD002""",送得快\n')
    assert [item.source_key for item in said] == ["SD001", "SD002"]


@pytest.mark.parametrize(
    ("header", "row", "kind"),
    [
        ("Date,Store,Stars,Review,Version,Developer Response", "2026-05-01,Apple,2,crashes on start,3.1,", "app_store"),
        ("tid,forumName,content,answerContent", "1,某市领导,公交末班车太早,已转办", "support"),
        ("评论者,推荐程度,评论时间,短评", "某某,力荐,2026-05-01,译笔流畅", "review"),
    ],
)  # fmt: skip
def test_the_kind_is_told_by_what_stands_together(header, row, kind):
    reading, _, _ = read("\n".join([header, row, row, row]))
    assert reading.kind is SourceKind(kind)
