import json
from dataclasses import replace

import pytest

from feedback_nlp.config import load_config
from feedback_nlp.labels import Measure
from feedback_nlp.report.as_json import render_json, to_payload
from feedback_nlp.report.markdown import WECOM_MAX_BYTES, render_markdown
from feedback_nlp.report.wording import change, channel_words, share, shorten, sparkline
from feedback_nlp.requests.sync import sync_requests
from feedback_nlp.week.figures import weekly
from feedback_nlp.week.item_records import Count
from feedback_nlp.weeks import Scope
from tests.week.six_weeks import NOW, WEEK, ZONE, six_weeks

CONFIG = load_config()


@pytest.fixture(scope="module")
def digest(new_database_url):
    with six_weeks(new_database_url()) as (database, _):
        with database.write() as session:
            sync_requests(session, CONFIG.rank, zone=ZONE, now=NOW)
        with database.read() as session:
            return weekly(
                session, Scope(WEEK, ZONE), rank_config=CONFIG.rank, report_config=CONFIG.report
            )


def of(value):
    return Count(value, Measure.PEOPLE, {})


def test_json_has_every_number_with_its_query(digest):
    payload = json.loads(render_json(digest))
    assert payload == to_payload(digest)
    assert payload["schema_version"] == 2
    assert payload["first_day"] == "2026-11-16"
    people = payload["topics"][0]["people"]
    assert people["value"] == digest.topics[0].people.value
    assert people["where"]["topic_id"] == digest.topics[0].topic_id


def test_rendering_twice_gives_the_same_bytes(digest):
    assert render_json(digest) == render_json(digest)
    assert render_markdown(digest) == render_markdown(digest)


def test_markdown_tells_changes_before_the_ranking(digest):
    text = render_markdown(digest)
    assert text.index("**上升**：上传照片闪退（3→24 人）") < text.index("## 待办优先级")
    assert "1. **上传照片闪退**" in text
    assert "更新以后一传照片就闪退" in text
    assert "2026 年第 47 周（11月16日–11月22日）" in text
    assert "刷屏 40 条" in text


def test_markdown_keeps_to_the_byte_limit_and_keeps_the_changes(digest):
    long_name = replace(digest.backlog[0], title="很长的名字" * 20)
    crowded = replace(
        digest, backlog=(long_name,) * 2 + digest.backlog + (digest.backlog[1],) * 20, top_count=30
    )
    assert len(render_markdown(crowded).encode()) > WECOM_MAX_BYTES
    text = render_markdown(crowded, max_bytes=WECOM_MAX_BYTES)
    assert len(text.encode()) <= WECOM_MAX_BYTES
    assert "**下降**：同步很慢" in text


def test_markdown_shows_markup_as_it_is(digest):
    topic = replace(digest.topics[0], name="<b>*粗*</b>\n# 标题")
    text = render_markdown(replace(digest, topics=(topic,), silent=()))
    assert r"\<b\>\*粗\*\</b\> \# 标题" in text


def test_empty_week_renders(digest):
    empty = replace(digest, topics=(), silent=(), backlog=(), praise=(), ratings=())
    text = render_markdown(empty)
    assert "没有超出平时波动的变化" in text
    assert "没有未解决的需求" in text


@pytest.mark.parametrize(
    ("this", "last", "words"),
    [
        (112, 100, "+12%"),
        (3, 5, "-2"),
        (5, 5, "持平"),
        (5, 0, "此前为 0"),
        (0, 0, "持平"),
        (0, 40, "-100%"),
        (2933, 2940, "-7"),
        (2900, 2940, "-1%"),
    ],
)
def test_change(this, last, words):
    assert change(of(this), of(last)) == words


def test_small_formats():
    assert share(of(1), of(0)) == "—"
    assert share(of(1), of(3)) == "33%"
    assert sparkline([of(0), of(4), of(8)]) == "▁▅█"
    assert sparkline([of(0), of(0)]) == "▁▁"
    assert shorten("一\n二 " + "长" * 80, 10) == "一 二 长长长长长…"


@pytest.mark.parametrize(
    "link",
    ["https://example.test/a?b=1", "http://例子.测试/x", "www.example.test", "t.cn/A6xyz", "mailto:a@example.test"],
)  # fmt: skip
def test_a_message_carries_no_link_that_a_feedback_wrote(link: str) -> None:
    from feedback_nlp.report.markdown import escape

    assert escape(f"看这里{link}，打不开") == "看这里〔链接〕，打不开"
    assert escape("5.3.0/5.4 版，a/b 都不行") == "5.3.0/5.4 版，a/b 都不行"


def test_a_number_does_not_run_into_a_name_of_figures():
    count = Count(8, Measure.PEOPLE, {})
    assert channel_words("微博", count) == "微博 8"
    assert channel_words("12345", count) == "12345：8"
