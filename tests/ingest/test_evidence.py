"""Names are candidates, the first rows decide; what is not used is said."""

import io
import json
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from feedback_nlp.cli.hints import HINTS, remark
from feedback_nlp.errors import FileUnreadable, UnknownLayout
from feedback_nlp.ingest import Choices, open_source
from feedback_nlp.labels import SourceKind
from feedback_nlp.records import RawItem, Rejection
from feedback_nlp.tabular import HeaderChoice

CHINA = ZoneInfo("Asia/Shanghai")


def read(content, **options):
    data = content if isinstance(content, bytes) else content.encode()
    with open_source(io.BytesIO(data), zone=CHINA, **options) as reading:
        return reading, list(reading.items)


def stored(items):
    return [item for item in items if isinstance(item, RawItem)]


def test_a_layout_without_its_text_column_is_read_by_names():
    rows = "comment_id,aweme_id,text,publish_time\nc1,9,座椅加热好用,1778163829\nc2,9,车漆太薄,1778163900\n"
    reading, items = read(rows)
    assert (reading.layout, reading.kind) == ("generic", SourceKind.SOCIAL)
    assert [item.text for item in items] == ["座椅加热好用", "车漆太薄"]
    assert items[0].occurred_at == datetime(2026, 5, 7, 14, 23, 49, tzinfo=UTC)


def test_answers_of_the_team_are_counted_and_not_kept():
    rows = "评论内容,评论时间,开发者回复\n打不开,2026-03-01,已修复请更新\n很好,2026-03-02,\n太慢,2026-03-03,谢谢反馈\n"
    reading, items = read(rows)
    (said,) = (note for note in reading.notes if "回复" in note)  # once, with the column
    assert "开发者回复" in said
    assert said.endswith("；带有回复的 2 条")
    assert "已修复" not in str(items)


def test_a_title_that_repeats_over_texts_names_the_thing():
    rows = "帖子标题,回帖内容\n柜机讨论,取件要等半天\n柜机讨论,门弹不开\n柜机讨论,挺方便的\n"
    _, items = read(rows)
    assert [item.text for item in stored(items)] == ["取件要等半天", "门弹不开", "挺方便的"]


@pytest.mark.parametrize(
    ("column", "hour"), [("created_at_utc", 10), ("Date (UTC)", 10), ("gmt_create", 2), ("time", 2)]
)
def test_a_time_column_that_says_utc_is_in_utc(column, hour):
    reading, items = read(
        f"comment,{column}\n打不开,2026-03-01 10:00:00\n很好,2026-03-02 10:00:00\n"
    )
    assert items[0].occurred_at.hour == hour
    assert any("UTC" in note for note in reading.notes) == (hour == 10)


def test_unread_times_of_a_survey_are_counted():
    rows = "序号,提交答卷时间,所用时间,来源,来源详情,来自IP,1、您的建议是？\n1,某天,9秒,微信,,,太慢\n2,2026/3/1 10:22,9秒,微信,,,太吵\n"
    reading, items = read(rows)
    assert [item.occurred_at is None for item in stored(items)] == [True, False]
    assert any("1 条的时间看不懂" in note for note in reading.notes)


def test_pages_of_records_are_read_and_a_summary_beside_is_not():
    pages = [
        {"page": 1, "comments": [{"评论": "菜凉了"}]},
        {"page": 2, "comments": [{"评论": "太咸"}]},
    ]
    _, items = read(json.dumps(pages, ensure_ascii=False))
    assert [item.text for item in stored(items)] == ["菜凉了", "太咸"]
    parts = {"summary": [{"k": "总数"}], "detail": [{"评论": "菜凉了"}, {"评论": "太咸"}]}
    _, items = read(json.dumps(parts, ensure_ascii=False))
    assert [item.text for item in stored(items)] == ["菜凉了", "太咸"]


def test_lists_by_name_are_all_read():
    data = {"甲店": [{"评论": "菜凉了"}], "乙店": [{"评论": "上菜快"}, {"评论": "太咸"}]}
    _, items = read(json.dumps(data, ensure_ascii=False))
    assert [(i.product, i.text) for i in stored(items)] == [
        ("甲店", "菜凉了"),
        ("乙店", "上菜快"),
        ("乙店", "太咸"),
    ]


@pytest.mark.parametrize("below", ["developerResponse", "reply", "sub_comments", "agent"])
def test_what_stands_below_a_reply_is_never_the_review(below):
    records = [
        {
            "reviewKey": f"k{n}",
            "commentText": f"转了{n}次都失败",
            below: {"id": n, "body": "您好，请更新到最新版", "date": "2026-03-03"},
        }
        for n in range(4)
    ]
    reading, items = read(json.dumps(records, ensure_ascii=False))
    assert reading.mapping["text"] == "commentText"
    assert all("您好" not in str(item) for item in items)
    assert all(item.occurred_at is None for item in items)
    assert any("没有找到时间列" in note for note in reading.notes)


@pytest.mark.parametrize(
    "column",
    [
        "comment_time",
        "review_time",
        "creationTime",
        "at",
        "timestamp_created",
        "评价日期",
        "date_of_at",
    ],
)
def test_time_columns_by_many_names(column):
    value = "1709546400" if column == "timestamp_created" else "2024-03-04 18:00:00"
    _, (item, _) = read(f"content,{column}\n炸了,{value}\n糊了,{value}\n")
    assert item.occurred_at == datetime(2024, 3, 4, 10, tzinfo=UTC)


def test_date_and_time_of_day_in_two_columns_are_joined():
    _, (item, _) = read(
        "评论内容,评论日期,评论时间\n太吵,2026-02-03,08:15\n很稳,2026-02-04,09:00\n"
    )
    assert item.occurred_at == datetime(2026, 2, 3, 0, 15, tzinfo=UTC)


def test_the_text_is_chosen_by_evidence_not_by_the_first_alias():
    rows = ["话题内容,评论,评论内容"] + [f"新品试吃,{n},这一口下去第{n}层有惊喜" for n in range(8)]
    reading, _ = read("\n".join(rows))
    assert reading.mapping["text"] == "评论内容"


def test_suggestions_never_name_a_time_link_phone_or_id():
    rows = [
        "甲,乙,丙,丁",
        "13800001111,https://example.test/aaaaaaaaaaaaaaaaaaaaaaa,2026-03-01 10:00:00,很慢",
    ]
    with pytest.raises(UnknownLayout) as caught:
        read("\n".join(rows))
    assert "'丁=text'" in caught.value.told(HINTS)


@pytest.mark.parametrize("key", ["7.30165E+18", "7.30165e18", "7301650000000000000"])
def test_rounded_ids_are_no_keys(key):
    rows = ["comment_id,content"] + [f"{key},第{n}杯都漏水" for n in range(5)]
    reading, items = read("\n".join(rows))
    assert len({item.source_key for item in items}) == 5
    assert any("四舍五入" in note for note in reading.notes)


def test_an_id_that_different_texts_share_is_no_key():
    rows = ["id,content"] + [f"商品{n % 2},第{n}句不一样的话" for n in range(8)]
    reading, items = read("\n".join(rows))
    assert len({item.source_key for item in items}) == 8
    assert any("同一个编号" in note for note in reading.notes)


def test_relative_times_never_enter_a_key():
    first = "content,评论时间\n床太软,3天前\n隔音差,昨天 12:30\n"
    second = "content,评论时间\n床太软,4天前\n隔音差,前天 12:30\n"
    day = datetime(2026, 4, 10, 12, tzinfo=CHINA)
    keys = []
    for content, moment in ((first, day), (second, day.replace(day=11))):
        _, items = read(content, choices=Choices(as_of=moment))
        keys.append([item.source_key for item in items])
        assert items[0].occurred_at == datetime(2026, 4, 7, 4, tzinfo=UTC)
    assert keys[0] == keys[1]


def test_relative_times_count_from_the_crawl_time_or_are_refused_with_a_count():
    _, (item,) = read("content,评论时间,采集时间\n还行,2小时前,2026-04-10 12:00:00\n")
    assert item.occurred_at == datetime(2026, 4, 10, 2, tzinfo=UTC)
    reading, items = read("content,评论时间\n还行,2小时前\n好吃,2026-04-09\n")
    assert [getattr(item, "reason", "") for item in items] == ["relative-time", ""]
    assert any("--as-of" in remark(note) and note.startswith("1 条") for note in reading.notes)


def test_titles_above_the_header_are_skipped_and_repeated_headers_are_no_rows():
    content = "三月投诉汇总,,\n制表：某部门,,\n时间,内容,星级\n2026-03-01,漏水,1\n时间,内容,星级\n2026-03-02,修好了,5\n"
    reading, items = read(content)
    assert [item.text for item in stored(items)] == ["漏水", "修好了"]
    assert [item.reason for item in items if isinstance(item, Rejection)] == ["header-repeated"]
    assert any("标题" in note for note in reading.notes)


def test_two_header_rows_become_one():
    content = "comment_id,content,rating\n评论编号,评论内容,评分\n1,太甜了,2\n2,刚好,5\n"
    _, items = read(content)
    assert [(item.source_key, item.text, item.rating) for item in items] == [
        ("1", "太甜了", 2),
        ("2", "刚好", 5),
    ]


def test_a_file_without_header_loses_no_row():
    content = "2026-03-01 10:00:00,鞋底开胶了，才穿两周,1\n2026-03-02 11:00:00,码数刚好，走路不累,5\n2026-03-03 12:00:00,颜色比图片深一些,3\n"
    with pytest.raises(FileUnreadable) as refused:
        read(content)
    assert "--no-header" in refused.value.told(HINTS)
    _, items = read(content, choices=Choices(header=HeaderChoice(absent=True)))
    assert [item.rating for item in items] == [1, 5, 3]
    assert items[0].text == "鞋底开胶了，才穿两周"


def test_a_dump_of_a_table_numbers_its_rows_and_keeps_no_ids():
    content = (
        "60311\t991203\th5\t导出报表要等两分钟，太慢了\t13800000001\t2026-03-01 10:00:00\n"
        "60312\t991877\tios\t界面清爽，用着顺手\t\\N\t2026-03-02 10:00:00\n"
        "60313\t991203\th5\t扫码枪连不上，重启也没用\t13800000001\t2026-03-03 10:00:00\n"
    )
    _, items = read(content, choices=Choices(header=HeaderChoice(absent=True)))
    assert [item.source_key for item in items] == ["60311", "60312", "60313"]
    assert [item.text for item in items][1] == "界面清爽，用着顺手"
    assert not {"991203", "991877", "13800000001", "\\N"} & {
        str(value) for item in items for value in item.meta.values()
    }


def test_the_time_of_the_order_stands_in_for_that_of_the_review():
    content = (
        "订单编号,商品名称,评价内容,下单时间,发货时间\n"
        "A1,马克杯,杯口有裂纹,2026-03-01 10:00,2026-03-02 09:00\n"
        "A2,马克杯,颜色很正,2026-03-03 11:00,2026-03-04 09:00\n"
        "A3,餐盘,盘底磕了一块,2026-03-05 12:00,2026-03-06 09:00\n"
    )
    reading, items = read(content)
    assert [f"{item.occurred_at.astimezone(CHINA):%m-%d}" for item in items] == [
        "03-02",
        "03-04",
        "03-06",
    ]
    assert any("没有评价或反馈的时间，按列“发货时间”算" in note for note in reading.notes)


def test_a_day_without_a_year_that_stands_in_refuses_no_row():
    content = "评价内容,下单时间,星级\n路上很稳,4月1日,5\n半路加价,4月14日,1\n绕了远路,4月27日,2\n"
    _, items = read(content)
    assert [item.occurred_at for item in items] == [None, None, None]


def test_the_header_row_can_be_named():
    content = "甲,乙,丙\n说明,评论内容,评分\nx,很脆,5\n"
    _, items = read(content, choices=Choices(header=HeaderChoice(row=2)))
    assert [item.text for item in items] == ["很脆"]
    with pytest.raises(FileUnreadable, match="第 9 行"):
        read(content, choices=Choices(header=HeaderChoice(row=9)))


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        ("商品名称,评价内容,评分", SourceKind.REVIEW),
        ("酒店名称,房型,点评内容", SourceKind.REVIEW),
        ("content,like_count,ip_location", SourceKind.SOCIAL),
        ("工单号,问题描述", SourceKind.SUPPORT),
        ("review,reviewCreatedVersion,at", SourceKind.APP_STORE),
        ("评论内容,评分", SourceKind.REVIEW),
        ("反馈内容,提交时间", None),
    ],
)
def test_the_kind_is_asked_of_the_columns(header, kind):
    row = ",".join(
        "这句话够长了" if "内容" in name or name in ("content", "review", "问题描述") else "3"
        for name in header.split(",")
    )
    reading, _ = read(f"{header}\n{row}\n")
    assert reading.kind is kind


def test_votes_are_kept_as_reach():
    _, items = read("content,votes_count\n导出太慢,1204\n想要夜间模式,3.2万\n")
    assert [item.meta["reach"] for item in items] == [1204, 32000]


def test_a_name_that_another_cell_tells_is_a_mention_in_the_text():
    table = "标题,发起人姓名,反馈内容\n欧阳小满提交的意见反馈,欧阳小满,欧阳小满说扫码枪连不上\n"
    items = stored(read(table)[1])
    assert items[0].title == "@欧阳小满 提交的意见反馈"
    assert "欧阳小满说" not in items[0].text


def test_comments_of_tickets_without_users_are_said_to_be_of_anybody():
    comments = [{"author_id": n, "body": f"导出{n}次都失败", "public": True} for n in (1, 2)]
    reading, items = read(json.dumps({"comments": comments}))
    assert len(stored(items)) == 2
    assert any("客服说的" in note for note in reading.notes)


@pytest.mark.parametrize(
    "table",
    [
        "建议\n加个夜间模式\n字太小\n",
        "您对我们有什么建议？\n加个夜间模式\n字太小\n",
        "review\n加个夜间模式\n字太小\n",
        "内容,时间\n慢, 真慢,2026-03-01\n好,2026-03-02\n",
    ],
)
def test_a_header_is_no_feedback_of_a_list(table):
    reading, items = read(table)
    assert len(stored(items)) == 2
    assert "没有表头，每行算一条反馈" not in reading.notes


def test_python_printed_is_told_from_broken_json():
    with pytest.raises(FileUnreadable, match="单引号"):
        read("[{'id': 1}]", format="json")
