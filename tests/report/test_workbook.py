import io
from dataclasses import replace
from datetime import UTC, datetime

import openpyxl
import pytest

from feedback_nlp.config import load_config
from feedback_nlp.report.heat import heat_maps
from feedback_nlp.report.html import render_html
from feedback_nlp.report.wording import REVIEW_ORDER
from feedback_nlp.report.workbook import render_workbook
from feedback_nlp.requests.sync import sync_requests
from feedback_nlp.week.figures import weekly
from feedback_nlp.week.line_records import FeedbackLine, RequestLine
from feedback_nlp.week.lines import feedback_lines, request_lines, unit_lines
from feedback_nlp.weeks import Scope
from tests.week.six_weeks import NOW, WEEK, ZONE, six_weeks

# openpyxl reads no sparklines; we only look at cells with it.
pytestmark = pytest.mark.filterwarnings("ignore:Sparkline Group extension:UserWarning")

CONFIG = load_config()
LINE = FeedbackLine(
    feedback_id=12345678901234567,
    occurred_at=datetime(2026, 11, 16, 18, 30, tzinfo=UTC),
    channel="微博",
    product=None,
    app_version="5.0",
    region=None,
    segment="会员",
    rating=2.0,
    text='=HYPERLINK("http://x.example","点我")',
    sentiment="neg",
    intent="bug",
    topics=("甲", "乙"),
    is_burst=False,
    is_spam=True,
    is_copy=False,
)


@pytest.fixture(scope="module")
def week(new_database_url):
    """The digest, the week's lines, the requests and the units."""
    with six_weeks(new_database_url()) as (database, _):
        with database.write() as session:
            sync_requests(session, CONFIG.rank, zone=ZONE, now=NOW)
        with database.read() as session:
            digest = weekly(
                session, Scope(WEEK, ZONE), rank_config=CONFIG.rank, report_config=CONFIG.report
            )
            scope = Scope(WEEK, ZONE)
            return (
                digest,
                list(feedback_lines(session, scope)),
                request_lines(session),
                list(unit_lines(session, scope)),
            )


def opened(*content):
    return openpyxl.load_workbook(io.BytesIO(render_workbook(*content)))


def table(sheet):
    heading, *rows = sheet.iter_rows(values_only=True)
    return [dict(zip(heading, row, strict=True)) for row in rows]


def test_sheets_headings_and_figures(week):
    digest, lines, requests, units = week
    book = opened(digest, lines, requests, units)
    assert book.sheetnames == [
        "概览",
        "主题排行",
        "待办优先级",
        "主题数据",
        "热力图",
        "观点明细",
        "反馈明细",
        "需求清单",
        "口径说明",
    ]
    for name in ("主题排行", "待办优先级", "观点明细", "反馈明细", "需求清单"):
        assert book[name].freeze_panes is not None
        assert book[name].auto_filter.ref is not None
    rows = table(book["主题排行"])
    topics = (*digest.topics, *digest.silent)
    assert [row["主题"] for row in rows] == [topic.name for topic in topics]
    assert [row["本周人数"] for row in rows] == [topic.people.value for topic in topics]
    assert [row["上周人数"] for row in rows] == [topic.people_last.value for topic in topics]
    assert table(book["主题数据"])[0]["2026-W46"] == topics[0].series[-2].value
    backlog = table(book["待办优先级"])
    assert [row["编号"] for row in backlog] == [request.key for request in digest.backlog]
    assert [row["本周人数"] for row in backlog] == [item.people.value for item in digest.backlog]
    assert backlog[0]["为什么在这里"] == digest.backlog[0].why
    assert len(table(book["反馈明细"])) == len(lines)
    assert {row["编号"] for row in table(book["需求清单"])} == {line.key for line in requests}
    overview = [row[:4] for row in book["概览"].iter_rows(values_only=True)]
    total = digest.totals
    assert ("反馈条数", total.feedback.value, total.feedback_last.value, "+64%") in overview


@pytest.mark.parametrize("name", ["概览", "主题排行", "待办优先级"])
def test_what_is_read_fits_on_paper(week, name):
    sheet = opened(*week)[name]
    assert sheet.max_column <= 12
    assert sheet.page_setup.orientation == "landscape"
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert (sheet.page_setup.fitToWidth or 1, sheet.page_setup.fitToHeight) == (1, 0)
    if name != "概览":
        assert sheet.print_title_rows == "$1:$1"


def linked_rows(book, cell):
    """Return the rows that a number leads to."""
    sheet, cells = cell.hyperlink.location.replace("'", "").split("!")
    heading = [found.value for found in book[sheet][1]]
    return [
        dict(zip(heading, (found.value for found in row), strict=False))
        for row in book[sheet][cells]
    ]


def test_every_number_of_people_leads_to_its_rows(week):
    digest, book = week[0], opened(*week)
    for name, this, key in (("主题排行", 4, "主题"), ("待办优先级", 5, "需求")):
        lines = table(book[name])
        for row, line in enumerate(lines, start=2):
            for back, words in enumerate(("本周", "上周")):
                cell = book[name].cell(row, this + back)
                assert cell.value == line[f"{words}人数"]
                if not cell.value:
                    assert cell.hyperlink is None
                    continue
                rows = linked_rows(book, cell)
                assert len(rows) == cell.value  # everybody in the six weeks says one thing
                assert {(found["主题"], found["周"]) for found in rows} == {(line[key], words)}
    overview = book["概览"]
    channels = {channel.channel: channel.feedback.value for channel in digest.channels}
    seen = 0
    for row in overview.iter_rows():
        if row[0].value in channels and row[1].hyperlink is not None:
            rows = linked_rows(book, row[1])
            counted = [found for found in rows if not found["刷屏"] and not found["广告"]]
            assert len(counted) == row[1].value == channels[row[0].value]
            seen += 1
    assert seen == len(channels)


def test_texts_stay_texts_and_times_are_dates_in_the_zone(week):
    digest, _, requests, _ = week
    sheet = opened(digest, [LINE], requests)["反馈明细"]
    (row,) = table(sheet)
    assert row["编号"] == "12345678901234567"
    assert row["时间"] == datetime(2026, 11, 17, 2, 30)
    assert row["原文"] == LINE.text
    assert row["主题"] == "甲、乙"
    assert row["广告"] == "是"
    cell = next(cell for cell in sheet[2] if cell.value == LINE.text)
    assert cell.data_type == "s"
    assert cell.hyperlink is None


def test_huge_and_strange_cells(week):
    digest, _, requests, _ = week
    long = replace(LINE, text="长" * 40_000)
    control = replace(LINE, text="响\x07铃\u3000http://x.example/")
    rows = table(opened(digest, [long, control], requests)["反馈明细"])
    assert len(rows[0]["原文"]) == 32_767
    assert rows[0]["原文"].endswith("…")
    assert rows[1]["原文"].endswith("http://x.example/")


def test_same_rows_give_the_same_bytes(week):
    digest, lines, requests, units = week
    assert render_workbook(*week) == render_workbook(digest, lines, requests, units)


def test_empty_week(week):
    digest, *_ = week
    nothing = {"topics": (), "silent": (), "backlog": (), "channels": (), "ratings": ()}
    empty = replace(digest, **nothing, praise=(), batches=())
    book = opened(empty, [], list[RequestLine]())
    assert table(book["主题排行"]) == []
    assert "没有未解决的需求" in render_html(empty)


def test_html_is_self_contained_and_escapes(week):
    digest, *_ = week
    evil = replace(
        digest.topics[0],
        name="<script>alert(1)</script>",
        quotes=(replace(digest.topics[0].quotes[0], text='"><img src=x onerror=alert(1)>'),),
    )
    page = render_html(replace(digest, topics=(evil, *digest.topics[1:])))
    assert "<script" not in page
    assert "<img" not in page
    assert "&lt;script&gt;alert(1)" in page
    for remote in ("src=", "@import", "url(", "<link"):
        assert remote not in page.replace("img src=x", "")
    assert page.count("<svg") >= 2 * len(digest.moved(*REVIEW_ORDER))
    assert 'lang="zh-CN"' in page


def test_html_shows_the_heat_maps_as_tables(week):
    digest, *_ = week
    page = render_html(digest)
    maps = heat_maps(digest)
    assert [shown.key for shown in maps if shown.title in page] == ["week", "channel", "segment"]
    for shown in maps:
        for number in (number for row in shown.people for number in row if number.value):
            assert f'<td class="{shown.shade(number)}">{number.value}</td>' in page


def test_html_shows_the_figures(week):
    digest, *_ = week
    page = render_html(digest)
    for topic in digest.moved(*REVIEW_ORDER):
        assert topic.name in page
        assert f"{topic.people_last.value} → <b>{topic.people.value}</b> 人" in page
    for request in digest.backlog:
        assert request.title in page
        assert f"<b>{request.people.value}</b> 人（上周 {request.people_last.value}" in page
        assert request.why in page
    assert page == render_html(digest)
