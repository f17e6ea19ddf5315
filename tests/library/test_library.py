"""What ``feedback_nlp`` offers to people who program."""

from __future__ import annotations

import doctest
import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

import feedback_nlp
from feedback_nlp import Classified, ClassifiedList, Intent, Pipeline, Sentiment
from feedback_nlp.config import load_config
from feedback_nlp.errors import InputError
from feedback_nlp.records import Unit
from feedback_nlp.understanding.engine import Engine

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def pipeline() -> Pipeline:
    return Pipeline.load()


def test_texts_become_typed_records_with_offsets(pipeline):
    texts = ["早餐很丰盛，就是房间隔音太差", "", "求出一个夜间模式！"]
    found = pipeline.classify(iter(texts))
    assert isinstance(found, ClassifiedList)
    assert [one.text for one in found] == texts
    first = found[0]
    assert isinstance(first, Classified)
    assert isinstance(first.sentiment, Sentiment)
    assert {type(unit) for unit in first.units} == {Unit}
    assert all(first.text[unit.start : unit.end] == unit.text for unit in first.units)
    assert (found[1].units, found[2].intent) == ((), Intent.FEATURE)
    assert json.loads(json.dumps(first.as_dict()))["units"][0]["text"] == first.units[0].text


def test_a_stream_gives_what_a_list_gives(pipeline):
    texts = [f"第{n}次退款还没到账" for n in range(7)]
    assert list(pipeline.stream(iter(texts))) == pipeline.classify(texts)


@pytest.mark.parametrize(("given", "said"), [("一段话", "一个字符串"), (["好", None], "第 2 条")])
def test_what_is_no_list_of_strings_is_refused(pipeline, given, said):
    with pytest.raises(TypeError, match=said):
        pipeline.classify(given)


def test_a_notebook_shows_units_in_colour_and_escapes_them(pipeline):
    found = pipeline.classify(["<b>卡</b>死了，客服态度很好"] * 60)
    html = found._repr_html_()
    assert "<b>" not in html
    assert "&lt;" in html
    assert "还有 10 条" in html
    assert "background:" in found[0]._repr_html_()


class TestFrames:
    TEXTS = ("菜太咸了", None, "老师讲得很清楚")

    def check(self, pipeline, rows):
        expected = pipeline.classify([text or "" for text in self.TEXTS])
        assert [row["sentiment"] for row in rows] == [one.sentiment.value for one in expected]
        assert [row["sentiment_score"] for row in rows] == [o.sentiment_score for o in expected]
        assert [[u["text"] for u in row["units"]] for row in rows] == [
            [unit.text for unit in one.units] for one in expected
        ]

    def test_pandas_keeps_its_index(self, pipeline):
        pd = pytest.importorskip("pandas")
        frame = pd.DataFrame({"text": self.TEXTS, "star": [1, 2, 5]}, index=["a", "b", "b"])
        out = pipeline.classify_frame(frame)
        assert list(out.index) == ["a", "b", "b"]
        assert list(frame.columns) == ["text", "star"]
        assert list(out.columns)[2:] == ["sentiment", "sentiment_score", "intent", "units"]
        self.check(pipeline, out.to_dict("records"))

    def test_polars(self, pipeline):
        pl = pytest.importorskip("polars")
        frame = pl.DataFrame({"评论": self.TEXTS})
        out = pipeline.classify_frame(frame, "评论", prefix="r_")
        assert out.columns == ["评论", "r_sentiment", "r_sentiment_score", "r_intent", "r_units"]
        self.check(
            pipeline, [{k.removeprefix("r_"): v for k, v in r.items()} for r in out.to_dicts()]
        )

    def test_arrow_tables_and_batches(self, pipeline):
        table = pa.table({"text": self.TEXTS})
        out = pipeline.classify_frame(table)
        self.check(pipeline, out.to_pylist())
        batches = pipeline.classify_batches(table.to_batches(max_chunksize=2), "text")
        assert pa.Table.from_batches(batches).to_pylist() == out.to_pylist()

    def test_what_cannot_be_done_is_said(self, pipeline):
        table = pa.table({"text": ["卡"], "intent": ["x"]})
        with pytest.raises(InputError, match="已经有列 intent"):
            pipeline.classify_frame(table)
        with pytest.raises(InputError, match=r"没有文字列 'body'.*text、intent"):
            pipeline.classify_frame(table, "body")
        with pytest.raises(TypeError, match=r"builtins\.list"):
            pipeline.classify_frame(["卡"])


def test_importing_loads_nothing_heavy():
    code = "import sys, feedback_nlp; print(sorted({n.partition('.')[0] for n in sys.modules}))"
    found = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    for name in ("numpy", "scipy", "pydantic", "pyarrow", "pandas", "sklearn"):
        assert f"'{name}'" not in found.stdout


def test_loading_needs_neither_arrow_nor_frames_nor_scikit_learn():
    code = (
        "import sys; from feedback_nlp import Pipeline; Pipeline.load().classify(['卡'])\n"
        "print(sorted({n.partition('.')[0] for n in sys.modules}))"
    )
    found = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    for name in ("pyarrow", "pandas", "polars", "sklearn", "sqlalchemy", "phonenumbers"):
        assert f"'{name}'" not in found.stdout


def test_the_public_surface_is_what_it_says():
    for name in feedback_nlp.__all__:
        assert getattr(feedback_nlp, name) is not None
        assert name in dir(feedback_nlp)
    with pytest.raises(AttributeError, match="no_such"):
        feedback_nlp.no_such  # noqa: B018
    assert (Path(feedback_nlp.__file__).parent / "py.typed").exists()


def test_the_examples_of_the_documentation_run():
    text = (ROOT / "docs" / "library.md").read_text(encoding="utf-8")
    examples = "\n".join(re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL))
    test = doctest.DocTestParser().get_doctest(examples, {}, "library.md", "library.md", 0)
    assert len(test.examples) > 15
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    told: list[str] = []
    runner.run(test, out=told.append)
    assert not runner.failures, "".join(told)


def test_a_text_reads_the_same_alone_and_in_a_crowd():
    """Few rows are added up in another order than many; not even the last bit may show it."""
    reader = Engine.load(load_config())._reader
    said = (
        "菜太咸了",
        "老师讲得很清楚，就是作业多",
        "希望能导出账单",
        "等了一小时没人理",
        "屏幕亮",
    )
    crowd = [f"{said[n % 5]}，第{n}回{said[(n * n + 1) % 5]}" for n in range(200)]
    together = reader.read(crowd)
    alone = [reader.read([text]) for text in crowd]
    for name in ("sentiment", "intent", "reviews"):
        apart = np.concatenate([getattr(one, name) for one in alone])
        assert np.array_equal(getattr(together, name), apart), name


def test_another_depth_is_named_when_loading():
    with pytest.raises(ValueError, match="shallow"):
        Pipeline.load(depth="shallow")
