"""Workbooks and tables as people make them by hand: several sheets, titles, sums, footers."""

import io
from zoneinfo import ZoneInfo

import pytest
import xlsxwriter

from feedback_nlp.ingest import open_source
from feedback_nlp.ingest.columns import aliases, comparable
from feedback_nlp.ingest.dating import dating_of
from feedback_nlp.ingest.people import Person, person_by_name
from feedback_nlp.ingest.ratings import parse_rating, tells_other_scale
from feedback_nlp.records import RawItem

CHINA = ZoneInfo("Asia/Shanghai")
HEADER = ["序号", "日期", "顾客", "评价内容", "评分"]


def read(source, **options):
    with open_source(source, zone=CHINA, **options) as reading:
        items = list(reading.items)
        return reading, items, [item for item in items if isinstance(item, RawItem)]


def shops(path):
    with xlsxwriter.Workbook(path) as book:
        for name, day, said in (("东门店", 1, "汤洒了一半"), ("西门店", 2, "小哥来得飞快")):
            page = book.add_worksheet(name)
            page.write_row(0, 0, [f"{name} 2026年3月评价明细"])
            page.write_row(1, 0, HEADER)
            page.write_row(2, 0, ["1", f"3月{day}日", "欧阳小满", said, "2"])
            page.write_row(3, 0, ["2", f"3月{day}日", "", "米饭夹生，退了", "1"])
            page.write_row(4, 0, ["小计", "", "", "2条", "平均1.5"])
        book.add_worksheet("门店电话").write_row(0, 0, ["门店", "店长", "电话"])
        hidden = book.add_worksheet("旧数据")
        hidden.write_row(0, 0, HEADER)
        hidden.write_row(1, 0, ["1", "3月9日", "诸葛阿木", "不该读到的旧评价", "5"])
        hidden.hide()
    return path


def test_sheets_with_the_same_header_are_read_together_and_the_others_named(tmp_path):
    reading, _, said = read(shops(tmp_path / "两店.xlsx"))
    assert [item.text for item in said] == [
        "汤洒了一半",
        "米饭夹生，退了",
        "小哥来得飞快",
        "米饭夹生，退了",
    ]
    assert len({item.source_key for item in said}) == 4
    assert {f"{item.occurred_at.astimezone(CHINA):%Y-%m-%d}" for item in said} == {
        "2026-03-01",
        "2026-03-02",
    }
    notes = "；".join(reading.notes)
    assert "表头相同的工作表一起读了：西门店" in notes
    assert "没有读的工作表 门店电话" in notes
    assert "隐藏的工作表没有读：旧数据" in notes
    assert "2026 年" in notes


def test_a_sheet_that_is_named_is_read_alone(tmp_path):
    _, _, said = read(shops(tmp_path / "两店.xlsx"), sheet="西门店")
    assert [item.text for item in said] == ["小哥来得飞快", "米饭夹生，退了"]


def test_other_columns_on_a_later_sheet_are_another_table(tmp_path):
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet("评价")
        page.write_row(0, 0, HEADER)
        page.write_row(1, 0, ["1", "2026-03-01", "", "汤洒了一半，袋子里全是油", "1"])
        other = book.add_worksheet("回访")
        other.write_row(0, 0, ["日期", "评价内容", "回访人"])
        other.write_row(1, 0, ["2026-03-02", "回访过了，顾客接受补送", "司徒冰冰"])
    _, _, said = read(path)
    assert [item.text for item in said] == ["汤洒了一半，袋子里全是油"]


def test_footers_and_sums_are_no_feedback_and_leave_no_name():
    rows = "".join(f"2026-03-0{n},第{n}位客人说上菜慢,{n}\n" for n in range(1, 5))
    content = (
        f"日期,顾客意见,评分\n{rows}南区小计,4件,\n,备注：重复的只记一次,\n制表人：司徒冰冰,,\n"
    )
    _, items, said = read(io.BytesIO(content.encode()))
    assert len(said) == 4
    assert {item.reason for item in items if not isinstance(item, RawItem)} == {"not-feedback"}
    assert "司徒冰冰" not in repr(items)


@pytest.mark.parametrize(
    ("preface", "name", "made", "end"),
    [
        (("客诉台账", "导出时间：2026-03-05 12:00"), "a", "2026-03-05 12:00", "2026-03-05 12:00"),
        (("crawlTime：2026-03-05 12:00:00",), "a", "2026-03-05 12:00", "2026-03-05 12:00"),
        (("shopId：2026-03-05",), "a", None, None),
        (("××店2026年2月意见汇总",), "a", None, "2026-02-28 23:59"),
        (("2025年度客诉",), "a", None, "2025-12-31 23:59"),
        ((), "客诉登记_202603", None, "2026-03-31 23:59"),
        ((), "客诉登记", None, None),
    ],
)
def test_a_file_tells_its_own_date(preface, name, made, end):
    found = dating_of(preface, name, CHINA)
    shown = [
        moment and f"{moment.astimezone(CHINA):%Y-%m-%d %H:%M}"
        for moment in (found.made_at, found.period_end)
    ]
    assert shown == [made, end]
    assert bool(found.remarks) == (end is not None)


def test_no_english_header_is_taken_for_pinyin():
    names = [name for group in aliases().values() for name in group]
    assert [name for name in names if comparable(name) != name] == []
    assert comparable("pinglun_neirong") == "评论内容"
    assert comparable("yonghuming") == "用户名"
    assert person_by_name("shouji") is Person.PRIVATE


@pytest.mark.parametrize(
    ("header", "other"),
    [
        ("评分（1-10）", True),
        ("满分100分", True),
        ("打分(十分制)", True),
        ("评分(1-5)", False),
        ("综合评分", False),
    ],
)
def test_a_header_tells_that_scores_are_no_stars(header, other):
    assert tells_other_scale(header) is other


def test_scores_below_six_of_a_ten_point_scale_are_no_stars():
    content = "时间,评价内容,评分（1-10）\n2026-03-01,面太咸了，喝了三杯水,3\n2026-03-02,等位一小时没人理,2\n"
    reading, _, said = read(io.BytesIO(content.encode()))
    assert [item.rating for item in said] == [None, None]
    assert [item.meta["评分（1-10）"] for item in said] == ["3", "2"]
    assert any("不是五分制" in note for note in reading.notes)


def test_a_comma_may_be_the_decimal_point():
    assert parse_rating("4,5") == 4.5
    assert parse_rating("1,204") is None


@pytest.mark.parametrize(
    ("header", "person"),
    [
        ("您对带班老师有什么建议？", None),
        ("您对电话客服的满意度", None),
        ("您的手机号是多少？", Person.PRIVATE),
        ("请留下您的微信号", Person.PRIVATE),
        ("房号", Person.PRIVATE),
    ],
)
def test_a_question_about_somebody_is_not_a_question_who(header, person):
    assert person_by_name(header) is person


def test_what_staff_were_given_is_kept_and_who_they_are_is_not():
    content = "时间,评价内容,客服,客服工号\n2026-03-01,面太咸了，喝了三杯水,4,17\n2026-03-02,等位一小时没人理,2,23\n"
    _, _, said = read(io.BytesIO(content.encode()))
    assert [item.meta for item in said] == [{"客服": "4"}, {"客服": "2"}]
