import gzip
import json
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from feedback_nlp.batch import payload, scorer
from feedback_nlp.config import load_config
from feedback_nlp.errors import InputError, UnknownLayout
from feedback_nlp.jobs.classify import classify_file
from feedback_nlp.jobs.options import ClassifyOptions
from feedback_nlp.labels import Intent, Sentiment
from feedback_nlp.records import Understanding, Unit
from feedback_nlp.tabular import read_rows

KEYS = ["id", "text", "sentiment", "sentiment_score", "intent", "units"]


class FakeEngine:
    """One unit a text: all of it."""

    versions = {"fake": "1"}  # noqa: RUF012

    @classmethod
    def load(cls, _config, _depth):
        return cls()

    def understand(self, texts):
        return [
            Understanding(
                Sentiment.NEG,
                -0.5,
                Intent.BUG,
                (Unit(0, len(t), t, Sentiment.NEG, -0.5, Intent.BUG, 0.9),) if t else (),
            )
            for t in texts
        ]


@pytest.fixture
def classify(tmp_path, monkeypatch):
    monkeypatch.setattr(scorer, "Engine", FakeEngine)

    def run(content, name="a.csv", output="out.jsonl", **options):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        target = tmp_path / output
        said = ClassifyOptions(zone=ZoneInfo("Asia/Shanghai"), **options)
        report = classify_file(path, target, load_config(), said)
        return report, target

    return run


def lines(target: Path):
    return [json.loads(line) for line in target.read_text().splitlines()]


def test_output_keeps_order_names_and_incoming_columns(classify):
    report, target = classify("id,text,star,sentiment\nb,一直闪退 ,1,x\na,还行,4,y\n")
    assert (report.read, report.failed) == (2, 0)
    first, second = lines(target)
    assert list(first) == [*KEYS, "star", "input_sentiment"]
    assert (first["id"], first["text"], second["id"]) == ("b", "一直闪退 ", "a")
    assert first["units"] == [
        {
            "start": 0, "end": 5, "text": "一直闪退 ", "sentiment": "neg", "sentiment_score": -0.5,
            "intent": "bug", "confidence": 0.9,
        }
    ]  # fmt: skip
    assert (first["star"], first["input_sentiment"]) == ("1", "x")


def test_rows_without_an_id_are_numbered_across_chunks(classify, monkeypatch):
    monkeypatch.setattr(payload, "CHUNK_ROWS", 2)
    _, target = classify("评论内容\n" + "".join(f"第{n}条\n" for n in range(5)))
    assert [row["id"] for row in lines(target)] == [1, 2, 3, 4, 5]


def test_unreadable_rows_come_out_in_place_with_an_error(classify):
    report, target = classify("id,text\n1,好\n2,".encode() + b"\xff\n3,\n")
    rows = lines(target)
    assert (report.read, report.failed, report.reasons) == (3, 1, {"bad-encoding": 1})
    assert [row["text"] for row in rows] == ["好", "", ""]
    assert rows[1]["error"].startswith("bad-encoding: 第 3 行")
    assert "error" not in rows[2]


def test_plain_lines_and_typed_rows(classify):
    _, target = classify("一直闪退\n\n还行，就是贵\n", name="a.txt")
    assert [row["text"] for row in lines(target)] == ["一直闪退", "还行，就是贵"]
    _, target = classify(
        '{"id": 7, "content": "卡", "tags": ["x"], "n": {"a": 1}}\n{"id": 8}\n', name="a.jsonl"
    )
    first, second = lines(target)
    assert (first["id"], first["text"], first["tags"], first["n"]) == (7, "卡", ["x"], {"a": 1})
    assert second["text"] == ""
    _, target = classify('[{"data": {"content": "卡"}}]', name="a.json")
    assert lines(target)[0]["text"] == "卡"


def test_nameless_text_is_read_as_lines_but_a_csv_asks(classify):
    _, target = classify("一直闪退，退款\n还行\n", name="notes")
    assert [row["text"] for row in lines(target)] == ["一直闪退，退款", "还行"]
    with pytest.raises(UnknownLayout, match="--map '乙=text'"):
        classify("甲,乙\n1,2\n")
    _, target = classify("甲,乙\n1,卡\n", mapping={"text": "乙"})
    assert lines(target)[0]["text"] == "卡"


def test_redact_masks_text_and_other_columns_and_units_follow(classify):
    content = "id,text,备注\n1,打 13800138000 没人接,13800138000\n"
    _, target = classify(content, redact=True)
    assert "13800138000" not in target.read_text()
    (row,) = lines(target)
    (unit,) = row["units"]
    assert row["text"][unit["start"] : unit["end"]] == unit["text"] == row["text"]
    once = target.read_text()
    _, target = classify(content, redact=True)
    assert target.read_text() == once
    _, target = classify(content)
    assert "13800138000" in target.read_text()


@pytest.mark.parametrize("name", ["o.csv", "o.tsv.gz", "o.jsonl.gz", "o.parquet", "o.xlsx"])
def test_every_output_format_reads_back(classify, name):
    _, target = classify("id,text,star\n1,卡,2\n2,好,5\n", output=name)
    rows = [row.values for row in read_rows(target)]
    assert [row["text"] for row in rows] == ["卡", "好"]
    units = rows[0]["units"]
    assert (json.loads(units) if isinstance(units, str) else units)[0]["intent"] == "bug"
    assert float(rows[0]["sentiment_score"]) == -0.5


def test_gzip_input_and_same_file_as_output(classify):
    _, target = classify(gzip.compress("id,text\n1,卡\n".encode()), name="a.csv.gz")
    assert lines(target)[0]["text"] == "卡"
    _, target = classify(
        '{"id": 1, "text": "卡"}\n{"id": 2, "text": "慢"}\n', name="s.jsonl", output="s.jsonl"
    )
    assert [row["id"] for row in lines(target)] == [1, 2]


def test_nothing_is_written_when_the_input_is_unusable(classify, tmp_path):
    for content in ("", "id,text\n", b"\xff" * 50):
        with pytest.raises(InputError):
            classify(content)
    for output in ("o.docx", "no/such.jsonl"):
        with pytest.raises(InputError):
            classify("id,text\n1,好\n", output=output)
    assert not (tmp_path / "out.jsonl").exists()


def test_lone_surrogates_survive_the_way_out(classify):
    _, target = classify('{"text": "好\\ud83d用"}\n{"text": "a"}\n', name="a.jsonl")
    assert lines(target)[0]["text"] == "好\ud83d用"


def test_two_workers_give_what_one_gives(tmp_path):
    path = tmp_path / "a.csv"
    texts = [
        "更新之后一直闪退，希望尽快修复",
        "界面好看，就是有点卡",
        "怎么导出数据？",
        "",
        "13800138000",
    ]
    rows = "".join(f"{n},{texts[n % 5]}{n % 7}\n" for n in range(1_200))
    path.write_text("id,text\n" + rows)
    found = []
    for workers in (1, 2):
        target = tmp_path / f"{workers}.jsonl"
        said = ClassifyOptions(zone=ZoneInfo("Asia/Shanghai"), redact=True, workers=workers)
        assert classify_file(path, target, load_config(), said).read == 1_200
        found.append(target.read_bytes())
    assert found[0] == found[1]
    (row, *_) = map(json.loads, found[0].splitlines())
    assert all(row["text"][u["start"] : u["end"]] == u["text"] for u in row["units"])
