"""Columns about a person are hashed or dropped, whatever they are called."""

import io
import json
from zoneinfo import ZoneInfo

import pytest

from feedback_nlp.cli.hints import remark
from feedback_nlp.errors import InputError
from feedback_nlp.ingest import Choices, open_source
from feedback_nlp.ingest.people import Person, is_person_by_content, person_by_name

CHINA = ZoneInfo("Asia/Shanghai")


def read(content, **options):
    with open_source(io.BytesIO(content.encode()), zone=CHINA, **options) as reading:
        return reading, list(reading.items)


@pytest.mark.parametrize(
    ("column", "person"),
    [
        ("评论者id", Person.ID), ("用户ID", Person.ID), ("user.id", Person.ID), ("author.uid", Person.ID),
        ("user_uid_hash", Person.ID), ("creator_hash", Person.ID), ("会员编号", Person.ID),
        ("评论者姓名", Person.NAME), ("发布者昵称", Person.NAME), ("user.nickname", Person.NAME),
        ("author.name", Person.NAME), ("created_by", Person.NAME), ("userName", Person.NAME), ("楼主", Person.NAME),
        ("评论者性别", Person.PRIVATE), ("头像链接", Person.PRIVATE), ("userUrl", Person.PRIVATE),
        ("您的手机", Person.PRIVATE), ("creator.avatar_url", Person.PRIVATE), ("RecipientEmail", Person.PRIVATE),
        ("IPAddress", Person.PRIVATE), ("user.gender", Person.PRIVATE), ("家庭住址", Person.PRIVATE),
        ("负责人", Person.AGENT), ("客服姓名", Person.AGENT), ("assignee", Person.AGENT), ("responded_by", Person.AGENT),
    ],
)  # fmt: skip
def test_a_name_or_path_tells_a_person(column, person):
    assert person_by_name(column) is person


@pytest.mark.parametrize(
    "column",
    ["用户类型", "会员等级", "用户评论", "客户反馈", "评论者IP归属地", "手机型号", "user_type", "客服态度评分", "内容", "商品名称", "点赞数", "app_version"],
)  # fmt: skip
def test_what_only_sounds_like_a_person_is_none(column):
    assert person_by_name(column) is None


@pytest.mark.parametrize(
    "column",
    [
        "First reply time in minutes", "Requester wait time in minutes", "author.num_games_owned", "author.playtime_forever", "customer.orders_count",
        "客服首次响应时长(秒)", "坐席通话时长", "会员积分", "Number of agent replies", "答复单位", "承办单位",
    ],
)  # fmt: skip
def test_a_measure_is_about_nobody(column):
    assert person_by_name(column) is None


@pytest.mark.parametrize(
    "column", ["contact_num", "user.phone_num", "customer_number", "IMEI", "device_imei", "userCookie", "工作单位", "user.followers_count"]
)  # fmt: skip
def test_a_number_that_reaches_or_shows_somebody_is_no_measure(column):
    assert person_by_name(column) is not None


@pytest.mark.parametrize(
    "values",
    [
        ["https://example.test/u/77", "https://example.test/u/78"],
        ["https://img.example.test/avatar/7.png"] * 2,
        ["13800001111", "+86 139 0000 2222"],
        ["a.b@example.test", "c@example.test"],
        ["10.1.2.3", "192.168.0.7(广东-深圳)"],
        ["王小梅", "李大同", "赵一鸣", "周文"],
    ],
)
def test_content_tells_a_person(values):
    assert is_person_by_content(values)


@pytest.mark.parametrize(
    "values",
    [["黄色", "黄色", "白色"], ["https://example.test/p/1"], ["2.1.0"], ["咖啡", "奶茶", "果汁"]],
)
def test_other_content_is_no_person(values):
    assert not is_person_by_content(values)


def test_unknown_columns_are_stored_by_an_allow_rule_and_the_rest_is_named():
    rows = ["评论内容,颜色,点赞数,口头禅,主页,群里叫他,是否复购"]
    rows += [
        f"第{n}次买了还是喜欢,红,{n},哈{n}哈,https://example.test/u/{n},阿{n}宝,是"
        for n in range(6)
    ]
    reading, items = read("\n".join(rows))
    assert items[3].meta == {"颜色": "红", "是否复购": "是", "reach": 3}
    told = remark(" ".join(reading.notes))
    assert all(name in told for name in ("口头禅", "主页", "群里叫他", "--keep"))


def test_drop_and_keep():
    content = "评论内容,颜色,口头禅\n挺好看的,红,嘿嘿\n一般,绿,哎\n"
    reading, items = read(content, choices=Choices(drop=("颜色",), keep=("口头禅",)))
    assert items[0].meta == {"口头禅": "嘿嘿"}
    assert any("--drop" in remark(note) and "颜色" in note for note in reading.notes)
    with pytest.raises(InputError, match="没有列"):
        read(content, choices=Choices(drop=("没有这列",)))


def test_the_author_is_the_id_not_the_thread_starter_nor_one_name_for_all():
    rows = ["楼主ID,评论者昵称,评论者ID,提交人,评论内容"]
    rows += [f"p{n % 2},网友{n},u{n},微信用户,第{n}条内容" for n in range(6)]
    _, items = read("\n".join(rows))
    assert [item.author for item in items] == [f"u{n}" for n in range(6)]


def test_nested_people_of_json_are_hashed_or_dropped():
    records = [
        {
            "id": n,
            "text": f"第{n}次闪退",
            "user": {"id": f"u{n}", "nickname": f"甲{n}", "sex": "f", "bio": "爱笑"},
        }
        for n in range(3)
    ]
    reading, items = read(json.dumps(records, ensure_ascii=False))
    assert [item.author for item in items] == ["u0", "u1", "u2"]
    assert "爱笑" not in json.dumps([dict(item.meta) for item in items], ensure_ascii=False)
    assert any("user.sex" in note for note in reading.notes)


def test_lines_that_cannot_be_split_keep_no_raw_text_beside_personal_columns():
    content = '用户昵称,评论内容,星级\n阿木,不错,5\n小满,"没关的引号,3\n阿木,还行,4\n'
    _, items = read(content)
    assert "小满" not in str(items[1])
