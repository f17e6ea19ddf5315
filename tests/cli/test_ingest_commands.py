"""The commands as a person types them: one clear line, the right exit code, nothing half stored."""

import json
import zipfile

import pytest
import typer
from sqlmodel import select
from typer.testing import CliRunner

from feedback_nlp.cli import batches, classify, export, ingest
from feedback_nlp.errors import FeedbackError
from feedback_nlp.store import Database
from feedback_nlp.store.tables import Feedback, FeedbackUnit, Topic
from feedback_nlp.tabular import Row, read_rows


@pytest.fixture
def run(new_database_url, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FEEDBACK_DATABASE_URL", new_database_url())
    app = typer.Typer()
    for group in (ingest, batches, export, classify):
        group.register(app)

    def invoke(*arguments, **options):
        return CliRunner().invoke(app, [str(argument) for argument in arguments], **options)

    return invoke


def stored(url):
    database = Database(url)
    with database.read() as session:
        count = len(session.exec(select(Feedback.id)).all())
    database.dispose()
    return count


def test_good_file_prints_its_account_and_exits_zero(run, tmp_path):
    (tmp_path / "a.csv").write_text("id,text,star\n1,好用,5\n2,闪退,1\n3,,4\n")
    result = run("ingest", "a.csv", "--source", "商店", "--kind", "app_store", "--product", "甲")
    assert result.exit_code == 0, result.output
    assert "读入 3 条 = 新增 2 + 重复 0 + 拒绝 1（批次 1）" in result.output
    assert "batches --rejected 1" in result.output


def test_rejected_rows_give_exit_one_and_can_be_listed_and_exported(run, tmp_path):
    (tmp_path / "a.csv").write_bytes("id,text,star\n1,好用,5\n2,坏".encode() + b"\xff,1\n3,a,b,c\n")
    result = run("ingest", "a.csv", "--source", "s", "--json")
    assert result.exit_code == 1
    (batch,) = json.loads(result.stdout)["batches"]
    assert (batch["accepted"], batch["reasons"]) == (1, {"bad-encoding": 1, "column-count": 1})
    listed = json.loads(run("batches", "--rejected", 1, "--json").stdout)
    assert [(row["line"], row["reason"]) for row in listed] == [
        (3, "bad-encoding"),
        (4, "column-count"),
    ]
    assert run("batches", "--rejected", 1, "--export", "r.xlsx").exit_code == 0
    assert [row.values["line"] for row in read_rows(tmp_path / "r.xlsx")] == [3, 4]
    assert "部分" not in run("batches").output
    assert "完成" in run("batches").output
    assert run("batches", "--rejected", 99).exception is not None


def make_bomb(path):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"\0" * (32 << 20))


UGLY = {
    "empty.csv": lambda path: path.touch(),
    "header.csv": lambda path: path.write_text("id,text\n"),
    "ff.csv": lambda path: path.write_bytes(b"\xff" * 5_000),
    "nul.csv": lambda path: path.write_bytes(b"\0" * 5_000),
    "wide.csv": lambda path: path.write_bytes(b"a" + b",b" * 2_000_000 + b"\n"),
    "bomb.xlsx": make_bomb,
    "broken.xlsx": lambda path: path.write_bytes(b"PK\x03\x04 nothing"),
    "broken.json": lambda path: path.write_text("[{"),
    "columns.csv": lambda path: path.write_text("甲,乙\n1,2\n"),
    "folder.csv": lambda path: path.mkdir(),
    "missing.csv": lambda path: None,
    "page.xls": lambda path: path.write_text("<html><table><tr><td>text"),
    "broken.parquet": lambda path: path.write_bytes(b"PAR1 nothing PAR1"),
    "broken.csv.gz": lambda path: path.write_bytes(b"\x1f\x8b\x08 nothing"),
}


@pytest.mark.parametrize("name", UGLY)
def test_unusable_files_raise_one_clear_error_and_store_nothing(run, tmp_path, name, monkeypatch):
    import os

    UGLY[name](tmp_path / name)
    calls = [["ingest", name, "--source", "s"], ["classify", name, "-o", "out.jsonl"]]
    if name == "columns.csv":  # classify takes any column of text
        calls.pop()
    for arguments in calls:
        result = run(*arguments)
        assert isinstance(result.exception, FeedbackError), (arguments, result.output)
        assert "\n" not in str(result.exception)
        assert len(str(result.exception)) < 600
    assert stored(os.environ["FEEDBACK_DATABASE_URL"]) == 0
    assert not (tmp_path / "out.jsonl").exists()


ROWS_UGLY = {
    "surrogates.jsonl": '{"id": "1", "text": "好用"}\n{"id": "2", "text": "\\ud800"}\n',
    "cell.csv": "id,text\n1,好用\n2," + "差" * 1_700_000 + "\n",
    "quote.csv": 'id,text\n1,好用\n2,"没关上\n3,也好用\n',
    "nul.csv": "id,text\n1,好用\n2,\0\n",
}


@pytest.mark.parametrize("name", ROWS_UGLY)
def test_ugly_rows_are_accounted_for(run, tmp_path, name):
    (tmp_path / name).write_text(ROWS_UGLY[name])
    result = run("ingest", name, "--source", "s", "--json")
    (batch,) = json.loads(result.stdout)["batches"]
    expected = 3 if name == "quote.csv" else 2
    assert batch["read"] == batch["accepted"] + batch["rejected"] == expected
    assert batch["rejected"] == 1
    assert result.exit_code == 1


def test_one_bad_file_among_many_does_not_stop_the_others(run, tmp_path):
    (tmp_path / "a.csv").write_text("id,text\n1,好用\n")
    result = run("ingest", "missing.csv", "a.csv", "--source", "s")
    assert result.exit_code == 2
    assert "新增 1" in result.output
    assert "missing.csv" in result.output


def test_standard_input_and_mapping(run):
    content = "甲\t乙\n1\t申请退款\n"
    result = run(
        "ingest", "-", "--source", "s", "--map", "乙=text", "--format", "tsv", input=content
    )
    assert result.exit_code == 0, result.output
    assert "新增 1" in result.output


def test_export_units_carries_what_it_promises(run, tmp_path):
    import os

    (tmp_path / "a.csv").write_text("id,text,star\nk1,屏幕很好。总闪退,2\n")
    run("ingest", "a.csv", "--source", "s")
    database = Database(os.environ["FEEDBACK_DATABASE_URL"])
    with database.write() as session:
        session.add(Topic(id=4, name="闪退", keywords=["闪退"]))
        session.flush()
        for position, (start, end, topic) in enumerate([(0, 4, None), (5, 8, 4)]):
            session.add(
                FeedbackUnit(
                    feedback_id=1, position=position, start=start, end=end, sentiment="neg",
                    sentiment_score=-0.9, sentiment_confidence=0.9, intent="bug",
                    intent_confidence=0.8, topic_id=topic,
                )
            )  # fmt: skip
    database.dispose()
    for name in ("u.csv", "u.jsonl", "u.parquet", "u.xlsx"):
        result = run("export", "units", "-o", name)
        assert result.exit_code == 0, result.output
        rows = [row.values for row in read_rows(tmp_path / name) if isinstance(row, Row)]
        assert [row["text"] for row in rows] == ["屏幕很好", "总闪退"]
        second = rows[1]
        assert (str(second["feedback_id"]), second["source_key"]) == ("1", "k1")
        assert (int(second["start"]), int(second["end"])) == (5, 8)
        assert (second["sentiment"], second["intent"], second["topic_name"]) == (
            "neg",
            "bug",
            "闪退",
        )
        assert int(second["topic_id"]) == 4
    for what in ("feedback", "topics", "requests"):
        assert run("export", what, "-o", f"{what}.jsonl", "--json").exit_code == 0
    (listed,) = read_rows(tmp_path / "topics.jsonl")
    assert (listed.values["unit_count"], listed.values["keywords"]) == (1, ["闪退"])
    (row,) = read_rows(tmp_path / "feedback.jsonl")
    assert row.values["rating"] == 2.0
    assert run("export", "units", "-o", "-", "--week", "2020-W01").stdout == ""


def test_export_refuses_what_it_cannot_do(run):
    for arguments in (("units", "-o", "a.docx"), ("topics", "-o", "a.csv", "--week", "2026-W01")):
        assert isinstance(run("export", *arguments).exception, FeedbackError)
