"""Another reader reads again: all of it, once, and nothing that people did is lost."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from pathlib import Path

import pytest
import typer
from sqlmodel import col, select
from typer.testing import CliRunner

from feedback_nlp.cli import analyze
from feedback_nlp.config import PipelineConfig
from feedback_nlp.editing import Edit, topic_edits
from feedback_nlp.jobs.analyze import AnalysisReport, run_analysis
from feedback_nlp.jobs.ingest import ingest_file
from feedback_nlp.jobs.options import IngestOptions
from feedback_nlp.jobs.topic_edits import TopicDesk
from feedback_nlp.pipeline import Analyst
from feedback_nlp.settings import Settings
from feedback_nlp.store import Database
from feedback_nlp.store.tables import FeatureRequest, FeedbackUnit, Run, Topic
from tests.fast_reading import fast_config

NOW = datetime(2026, 11, 23, 1, tzinfo=UTC)
ZONE = Settings().zone
app = typer.Typer()
analyze.register(app)
app.command("other")(lambda: None)
EDIT = Edit(actor="小陈", now=NOW)
SAID = (
    "一点结算就闪退，根本付不了款",
    "付款的时候闪退了三次，心态崩了",
    "提交订单必崩，重装也没用",
    "希望能有夜间模式，晚上看着太刺眼了",
    "求深色模式，半夜抢菜眼睛疼",
    "骑手迟到一个小时，送来都凉了",
    "送货太慢，等了两个小时还没到",
    "客服电话一直打不通，没人管",
)


@pytest.fixture
def filled(database: Database, tmp_path: Path) -> Database:
    with (tmp_path / "said.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["内容", "时间", "用户"])
        for number in range(10 * len(SAID)):
            text = SAID[number % len(SAID)] + "！" * (number // len(SAID))
            writer.writerow([text, f"2026-11-{16 + number % 7:02} 10:00:00", f"用户{number}"])
    ingest_file(
        database,
        tmp_path / "said.csv",
        IngestOptions(source="反馈页", zone=ZONE, secret="test"),
        now=lambda: NOW,
    )
    return database


def analyse(database: Database, config: PipelineConfig | None = None) -> AnalysisReport:
    return run_analysis(database, config or fast_config(), zone=ZONE, now=lambda: NOW)


def swap(monkeypatch: pytest.MonkeyPatch, side: str, **versions: str) -> None:
    """Pretend that other models are installed."""
    real = getattr(Analyst, side).fget
    monkeypatch.setattr(Analyst, side, property(lambda self: {**real(self), **versions}))


def ids(database: Database) -> list[tuple[int | None, int, int]]:
    with database.read() as session:
        rows = session.exec(select(FeedbackUnit).order_by(col(FeedbackUnit.id)))
        return [(row.id, row.start, row.end) for row in rows]


def test_without_any_change_there_is_nothing_to_do(filled: Database) -> None:
    first = analyse(filled)
    assert (first.read_count, first.reread_count, first.changed) == (80, 0, ())
    assert analyse(filled).run_id is None


def test_another_model_reads_all_again_and_says_why(
    filled: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    analyse(filled)
    before = ids(filled)
    swap(monkeypatch, "reading", intent="another")
    again = analyse(filled)
    assert (again.read_count, again.reread_count, again.changed) == (80, 80, ("意图模型",))
    assert ids(filled) == before
    assert analyse(filled).run_id is None
    with filled.read() as session:
        runs = session.exec(select(Run).order_by(col(Run.id))).all()
    assert [run.versions["intent"] == "another" for run in runs] == [False, True]


def test_a_run_that_was_killed_does_not_read_twice(
    filled: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    analyse(filled)
    swap(monkeypatch, "reading", sentiment="another")
    monkeypatch.setattr("feedback_nlp.jobs.analyze.CHUNK_SIZE", 30)

    def stop(_stage: str, done: int, _total: int) -> None:
        if done == 60:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_analysis(filled, fast_config(), zone=ZONE, now=lambda: NOW, progress=stop)
    assert analyse(filled).read_count == 20


def test_other_vectors_read_nothing_again_but_place_all_anew(
    filled: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = analyse(filled)
    swap(monkeypatch, "placing", metric="another")
    again = analyse(filled)
    assert (again.read_count, again.reread_count, again.changed) == (0, 0, ("主题度量",))
    assert again.topic_count == first.topic_count


def test_what_people_did_survives_another_cutting(filled: Database) -> None:
    analyse(filled)
    with filled.write() as session:
        desk = TopicDesk(session, fast_config(), ZONE, EDIT)
        topic, other = session.exec(select(Topic).where(Topic.kind == "issue").limit(2)).all()
        placed = session.exec(
            select(FeedbackUnit.id).where(FeedbackUnit.topic_id == other.id).limit(2)
        ).all()
        units = [unit_id or 0 for unit_id in placed]
        desk.apply(lambda s, e: topic_edits.move_units(s, units, topic.id or 0, e))
        desk.apply(lambda s, e: topic_edits.rename(s, topic.id or 0, "人起的名字", e))
        topic_id = topic.id
    shorter = fast_config()
    segment = shorter.segment.model_copy(update={"max_unit_chars": 8})
    shorter = shorter.model_copy(update={"segment": segment})
    report = analyse(filled, shorter)
    assert report.reread_count == 80
    assert "断句或情感的参数" in report.changed
    assert report.unit_count > len(SAID) * 10
    with filled.read() as session:
        for unit_id in units:
            unit = session.get_one(FeedbackUnit, unit_id)
            assert (unit.topic_id, unit.assigned_by) == (topic_id, "person")
        assert session.get_one(Topic, topic_id).name == "人起的名字"
        titles = set(session.exec(select(FeatureRequest.title)))
    assert "人起的名字" in titles


def test_the_command_says_how_many_and_why(
    filled: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    analyse(filled)
    swap(monkeypatch, "reading", segment="another")
    url = filled.url.render_as_string(hide_password=False)
    result = CliRunner().invoke(
        app, ["analyze", "--db", url, "--depth", "fast"], env={"COLUMNS": "200"}
    )
    assert "断句模型变了，重读以前的 80 条反馈" in result.output
    assert "新读 0 条反馈" in result.output
