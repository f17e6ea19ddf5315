from dataclasses import fields, is_dataclass

import pytest
from sqlalchemy import update
from sqlmodel import select

from feedback_nlp.config import load_config
from feedback_nlp.errors import InputError, NotFound
from feedback_nlp.labels import Measure, Movement, RequestStatus
from feedback_nlp.report.data_notes import notes
from feedback_nlp.report.heat import HeatMap, heat_maps
from feedback_nlp.report.html import render_html
from feedback_nlp.report.markdown import render_markdown
from feedback_nlp.report.wording import (
    delta_steps,
    loop_sentences,
    rating_sentences,
    segment_sentences,
)
from feedback_nlp.requests.moving import apply_transition
from feedback_nlp.requests.sync import sync_requests
from feedback_nlp.store import Database
from feedback_nlp.store.tables import FeatureRequest, Feedback, FeedbackUnit, IngestBatch, Topic
from feedback_nlp.store.volume import exposure
from feedback_nlp.week.counting import count
from feedback_nlp.week.figures import choose_week, weekly
from feedback_nlp.week.item_records import Count
from feedback_nlp.weeks import Month, Scope
from tests.week.six_weeks import NOW, PLAN, WEEK, ZONE, six_weeks

CONFIG = load_config()


@pytest.fixture(scope="module")
def filled(new_database_url):
    with six_weeks(new_database_url()) as (database, build):
        with database.write() as session:
            sync_requests(session, CONFIG.rank, zone=ZONE, now=NOW)
        yield database, build


def compute(database, week=WEEK, product=None):
    with database.read() as session:
        return weekly(
            session,
            Scope(week, ZONE, product),
            rank_config=CONFIG.rank,
            report_config=CONFIG.report,
        )


def counts_in(value):
    if isinstance(value, Count):
        yield value
    elif is_dataclass(value):
        for field in fields(value):
            yield from counts_in(getattr(value, field.name))
    elif isinstance(value, dict):
        for item in value.values():
            yield from counts_in(item)
    elif isinstance(value, tuple):
        for item in value:
            yield from counts_in(item)


@pytest.mark.parametrize("period", [WEEK, WEEK.shift(-1), WEEK.shift(-3), Month(2026, 11)])
@pytest.mark.parametrize("product", [None, "云笔记"])
def test_every_number_equals_its_query(filled, period, product):
    numbers = walk(filled[0], compute(filled[0], period, product))
    assert len(numbers) > 100
    assert sum(number.value > 0 for number in numbers) > 40
    assert any("segment" in number.where and number.value for number in numbers)


def walk(database, digest):
    """Count every number of a digest and of its heat maps again; return them all."""
    numbers = [*counts_in(digest), *counts_in(tuple(heat_maps(digest)))]
    with database.read() as session:
        for number in numbers:
            assert count(session, number.of, number.where, ZONE) == number.value, number
    return numbers


def test_how_a_file_was_read_is_told_in_its_newest_week_alone(new_database_url):
    with six_weeks(new_database_url()) as (database, _):
        with database.write() as session:
            batch = IngestBatch(source_id=1, started_at=NOW, notes=["时间取自列“提交于”"])
            session.add(batch)
            session.flush()
            session.execute(update(Feedback).values(batch_id=batch.id))
        told = {
            str(week): [note for note in notes(compute(database, week)) if "提交于" in note]
            for week in (WEEK, WEEK.shift(-1), WEEK.shift(-3))
        }
    assert [len(found) for found in told.values()] == [1, 0, 0]


def test_heat_maps_show_topics_by_week_channel_and_segment(filled):
    digest = compute(filled[0])
    maps = {shown.key: shown for shown in heat_maps(digest)}
    assert list(maps) == ["week", "channel", "segment"]
    assert maps["week"].columns[-1] == "47 周"
    assert len(maps["week"].columns) == digest.history_weeks + 1
    assert set(maps["segment"].columns) == {"会员", "普通用户"}
    members = maps["segment"].columns.index("会员")
    # nine of the 24 people of the crash are members, nine are not, of six it is not known
    assert maps["segment"].leaders(members, 1)[0][0] == "上传照片闪退"
    assert maps["segment"].leaders(members, 1)[0][1].value == 9
    page, message = render_html(digest), render_markdown(digest)
    assert "主题 × 用户类型" in page
    assert "会员：" in page
    assert "## 主题 × 用户类型" in message
    assert any(sentence.startswith("会员：") for sentence in segment_sentences(digest))


def test_no_segment_no_map_of_segments(new_database_url):
    with six_weeks(new_database_url()) as (database, _):
        with database.write() as session:
            session.execute(update(Feedback).values(segment=None))
        digest = compute(database)
    assert digest.segments == ()
    assert [shown.key for shown in heat_maps(digest)] == ["week", "channel"]
    assert "用户类型" not in render_html(digest)


def test_shopping_festival_of_the_week_is_told_and_explains_a_busy_week(filled):
    festival, ordinary = compute(filled[0], WEEK.shift(-1)), compute(filled[0])
    assert [(item.name, item.first_day.day) for item in festival.special_days] == [("双11", 10)]
    assert any("双11（11月10日–11月13日）" in note for note in notes(festival))
    assert ordinary.special_days == ()
    assert not any("预警按这类日子" in note for note in notes(ordinary))


def test_busy_week_counts_as_usual_only_as_far_as_the_calendar_explains_it(new_database_url):
    with six_weeks(new_database_url()) as (database, build):
        with database.write() as session:
            build.session = session
            for week in (WEEK.shift(-1), WEEK):
                for number in range(300):
                    build.say("双11 快递好慢", weeks_ago=WEEK.since(week), hours=number % 160)
        with database.read() as session:
            festival, ordinary = (
                exposure(session, Scope(week, ZONE), usual_weeks=4, min_share=0.3)
                for week in (WEEK.shift(-1), WEEK)
            )
    # four of seven days at 1.5 times the usual volume, after weeks of which half had two
    assert 1.1 < festival < 1.3
    assert ordinary == 1.0


def test_the_plan_is_what_is_reported(filled):
    digest = compute(filled[0])
    topics = {topic.name: topic for topic in (*digest.topics, *digest.silent)}
    assert set(topics) == set(PLAN)
    for name, people in PLAN.items():
        assert tuple(number.value for number in topics[name].series[-6:]) == people
        assert topics[name].people_total.value == sum(people)


def test_movements(filled):
    digest = compute(filled[0])
    moves = {topic.name: topic.movement for topic in (*digest.topics, *digest.silent)}
    assert moves == {
        "上传照片闪退": Movement.RISING,
        "希望有夜间模式": Movement.STEADY,
        "同步很慢": Movement.FALLING,
        "登录收不到验证码": Movement.GONE,
    }


def test_crash_is_new_in_the_week_it_appears(filled):
    moved = compute(filled[0], WEEK.shift(-1)).moved(Movement.NEW)
    assert [topic.name for topic in moved] == ["上传照片闪退"]


def test_first_week_has_nothing_to_compare_with(filled):
    digest = compute(filled[0], WEEK.shift(-5))
    assert digest.history_weeks == 0
    assert {topic.movement for topic in digest.topics} == {None}


def test_burst_is_shown_but_not_counted(filled):
    digest = compute(filled[0])
    wish = next(topic for topic in digest.topics if topic.name == "希望有夜间模式")
    assert digest.totals.bursts.value == 40
    assert wish.people.value == 6
    assert wish.priority.week_people_count == 6
    assert all("顶" not in quote.text for quote in wish.quotes)


def test_vents_praise_spam_and_unassigned_stay_out_of_the_ranking(filled):
    digest = compute(filled[0])
    assert digest.totals.vents.value == 1
    assert digest.totals.spam.value == 1
    assert digest.totals.unassigned_units.value == 1
    assert digest.without_time.value == 1
    assert [item.name for item in digest.praise] == ["界面好看"]


def test_a_vent_that_a_person_moves_to_an_issue_counts_there(new_database_url):
    with six_weeks(new_database_url()) as (database, build):
        before = compute(database)
        with database.write() as session:
            unit = session.exec(
                select(FeedbackUnit).where(FeedbackUnit.topic_id == build.topics["发泄"])
            ).one()
            unit.topic_id, unit.assigned_by = build.topics["同步很慢"], "person"
            session.add(unit)
        after = compute(database)
        walk(database, after)
    slow = [
        next(topic.people.value for topic in digest.topics if topic.name == "同步很慢")
        for digest in (before, after)
    ]
    assert slow[1] == slow[0] + 1
    assert (before.totals.vents.value, after.totals.vents.value) == (1, 0)


def test_quotes_differ_and_are_of_this_week(filled):
    digest = compute(filled[0])
    crash = next(topic for topic in digest.topics if topic.name == "上传照片闪退")
    texts = [quote.text for quote in crash.quotes]
    assert len(set(texts)) == CONFIG.report.quote_count
    assert all(digest.first_day <= quote.on <= digest.last_day for quote in crash.quotes)


def test_channels_and_rejections(filled):
    digest = compute(filled[0])
    assert (
        sum(channel.feedback.value for channel in digest.channels) == digest.totals.feedback.value
    )
    note = next(note for note in digest.batches if note.source == "反馈页")
    assert {reason: number.value for reason, number in note.rejected_reasons.items()} == {
        "bad-encoding": 1,
        "blank-text": 3,
    }
    assert note.read.value == note.accepted.value + note.duplicate.value + note.rejected.value


def test_ratings_by_kind_of_source(filled):
    (rating,) = compute(filled[0]).ratings
    assert rating.source_kind == "app_store"
    assert 1 <= rating.mean <= 2
    assert rating.satisfied.value == 0


def test_another_product_has_nothing(filled):
    digest = compute(filled[0], product="别的")
    assert digest.topics == ()
    assert digest.totals.feedback.value == 0


def test_muted_topics_are_left_out(new_database_url):
    with six_weeks(new_database_url()) as (database, build):
        with database.write() as session:
            topic = session.get_one(Topic, build.topics["同步很慢"])
            topic.muted = True
            session.add(topic)
        assert "同步很慢" not in {topic.name for topic in compute(database).topics}


def choose(session, **arguments):
    return choose_week(session, ZONE, now=NOW, min_share=0.3, **arguments)


def test_default_week_is_the_last_with_data(filled):
    with filled[0].read() as session:
        assert choose(session).week == WEEK
        assert str(choose(session, wanted="2026-W40").week) == "2026-W40"
        with pytest.raises(NotFound, match="别的"):
            choose(session, product="别的")


def test_empty_database_says_what_to_do(tmp_path):
    database = Database(f"sqlite:///{tmp_path / 'empty.db'}")
    database.migrate()
    with database.read() as session, pytest.raises(NotFound, match="还没有反馈") as found:
        choose(session)
    assert found.value.reason == "no-feedback"
    database.dispose()


def test_unknown_condition_is_refused(filled):
    with filled[0].read() as session, pytest.raises(InputError, match="nonsense"):
        count(session, "feedback", {"nonsense": 1}, ZONE)


def test_settled_requests_come_last_and_come_back_as_reopened(new_database_url):
    with six_weeks(new_database_url()) as (database, _):
        with database.write() as session:
            sync_requests(session, CONFIG.rank, zone=ZONE, now=WEEK.shift(-3).bounds(ZONE)[0])
            keys = {row.title: row.key for row in session.scalars(select(FeatureRequest))}
            for name in ("上传照片闪退", "同步很慢"):
                for to in (RequestStatus.PLANNED, RequestStatus.RELEASED):
                    apply_transition(
                        session, keys[name], to, actor="小王", now=WEEK.shift(-2).bounds(ZONE)[0]
                    )
        digest = compute(database)
    topics = digest.topics
    assert topics[0].name == "上传照片闪退"
    assert topics[0].movement is Movement.REOPENED
    assert topics[-1].name == "同步很慢"
    assert "已发布" in topics[-1].why
    assert [topic.priority.position for topic in (*topics, *digest.silent)] == [1, 2, 3, 4]


def test_unfinished_week_reports_no_falls(new_database_url):
    with six_weeks(new_database_url()) as (database, build):
        with database.write() as session:
            build.session = session
            build.say("传照片又闪退", weeks_ago=-1, topic="上传照片闪退")
        digest = compute(database, WEEK.shift(1))
    assert digest.exposure < 0.1
    assert not digest.moved(Movement.FALLING, Movement.GONE)
    assert any("还没收全" in note for note in notes(digest))


def test_progress_and_old_promises_are_told(new_database_url):
    with six_weeks(new_database_url()) as (database, _):
        early, now = WEEK.shift(-12).bounds(ZONE)[0], WEEK.bounds(ZONE)[0]
        with database.write() as session:
            sync_requests(session, CONFIG.rank, zone=ZONE, now=early)
            keys = {row.title: row.key for row in session.scalars(select(FeatureRequest))}
            slow, wish = keys["同步很慢"], keys["希望有夜间模式"]
            apply_transition(session, slow, RequestStatus.PLANNED, actor="小王", now=early)
            apply_transition(
                session, wish, RequestStatus.DECLINED, actor="小李", now=now, reason="下半年再议"
            )
        digest = compute(database)
        assert compute(database, WEEK.shift(-10)).old_promises == ()
        assert compute(database, WEEK.shift(-1)).loop == ()
    assert [(item.key, item.weeks) for item in digest.old_promises] == [(slow, 13)]
    assert [(step.key, step.to_status) for step in digest.loop] == [(wish, "declined")]
    sentences = loop_sentences(digest)
    assert f"不采纳：{wish} 希望有夜间模式（下半年再议）" in sentences
    assert [heading for heading, _ in delta_steps(digest)] == ["承诺已久未发布"]
    message = render_markdown(digest)
    assert message.index("承诺已久未发布") < message.index("## 待办优先级")
    assert "下半年再议" in render_html(digest)
    assert "下半年再议" in render_markdown(digest)


def test_nps_counts_each_answer_sheet_once(new_database_url):
    with six_weeks(new_database_url()) as (database, build):
        with database.write() as session:
            build.session = session
            for sheet, answer in (("a", "10"), ("a", "10"), ("b", "9"), ("c", "3")):
                build.say(
                    "还行",
                    source="问卷",
                    source_kind="survey",
                    thread_key=sheet,
                    intent="other",
                    meta={"您会推荐我们吗": answer},
                )
        digest = compute(database)
        walk(database, digest)
    assert (digest.nps.score, digest.nps.answers.value) == (33, 3)
    assert any("NPS +33（3 份答卷" in sentence for sentence in rating_sentences(digest))


def test_topics_that_drive_the_nps(new_database_url):
    with six_weeks(new_database_url()) as (database, build):
        with database.write() as session:
            build.session = session
            for sheet in range(60):
                is_slow = sheet % 3 == 0
                for text, topic in (("同步太慢", "同步很慢" if is_slow else None), ("还行", None)):
                    build.say(
                        text,
                        topic=topic,
                        source="问卷",
                        source_kind="survey",
                        thread_key=f"sheet{sheet}",
                        meta={"您会推荐我们吗": str((2 if is_slow else 9) + sheet % 2)},
                    )
        digest = compute(database)
        walk(database, digest)
    (driver,) = digest.nps.drivers
    assert digest.nps.answers.value == 60
    assert (driver.name, driver.mentions.value) == ("同步很慢", 20)
    assert driver.low <= driver.effect <= driver.high < -150
    assert any(
        "与 NPS 有关的主题" in sentence and "提到“同步很慢”的人打分低" in sentence
        for sentence in rating_sentences(digest)
    )


def test_topics_that_drive_the_stars(new_database_url):
    with six_weeks(new_database_url()) as (database, build):
        with database.write() as session:
            build.session = session
            for number in range(40):
                build.say("挺好用", rating=4.0 + number % 2, intent="praise", sentiment="pos")
        digest = compute(database)
        walk(database, digest)
    drivers = {driver.name: driver for driver in digest.drivers}
    slow = drivers["同步很慢"]
    assert slow.effect < -2
    assert slow.low < slow.effect < slow.high < 0


def test_month(filled):
    digest = compute(filled[0], Month(2026, 11))
    assert (digest.first_day.isoformat(), digest.last_day.isoformat()) == (
        "2026-11-01",
        "2026-11-30",
    )
    assert digest.weeks[-2:] == ("2026-10", "2026-11")
    assert next(t for t in digest.topics if t.name == "上传照片闪退").people.value == 27
    page = render_html(digest)
    assert "用户反馈月报" in page
    assert "2026 年 11 月" in page
    assert "本周" not in page
    assert "本月 **" in render_markdown(digest)


def test_month_that_the_data_join_late_is_nothing_to_compare_with(filled):
    """The data begin on 12 October: against October everything would rise."""
    digest = compute(filled[0], Month(2026, 11))
    assert digest.history_weeks == 0
    assert {topic.movement for topic in digest.topics} == {None}
    assert compute(filled[0], Month(2026, 12)).history_weeks == 1
    assert "之前没有完整的一月可比" in render_html(digest)


@pytest.mark.parametrize("week", [WEEK, WEEK.shift(-2)])
def test_what_nobody_spoke_of_this_week_is_not_in_the_list(filled, week):
    digest = compute(filled[0], week)
    assert all(topic.people.value > 0 for topic in digest.topics)
    assert [topic.priority.position for topic in digest.topics] == list(
        range(1, len(digest.topics) + 1)
    )


def test_a_pinned_topic_stays_in_the_list_of_a_silent_week(new_database_url):
    with six_weeks(new_database_url()) as (database, build):
        with database.write() as session:
            topic = session.get_one(Topic, build.topics["登录收不到验证码"])
            topic.pinned = True
            session.add(topic)
        digest = compute(database)
    assert "登录收不到验证码" in {topic.name for topic in digest.topics}


def test_a_heat_map_is_darkest_where_most_people_are():
    numbers = [Count(value, Measure.PEOPLE, {}) for value in (0, 1, 10, 50, 100)]
    names = tuple(map(str, range(len(numbers))))
    shown = HeatMap("week", "", "", names, ((1, "闪退"),), (tuple(numbers),))
    assert [shown.shade(number) for number in numbers] == ["h0", "h1", "h2", "h4", "h5"]
