import json

import pytest
import typer
from rich.cells import cell_len
from sqlmodel import select
from typer.testing import CliRunner

from feedback_nlp.cli import report
from feedback_nlp.cli.hints import HINTS
from feedback_nlp.cli.terminal import out
from feedback_nlp.config import load_config
from feedback_nlp.errors import InputError, NotFound
from feedback_nlp.requests.sync import sync_requests
from feedback_nlp.store import Database
from feedback_nlp.store.tables import Digest
from tests.week.six_weeks import NOW, PLAN, ZONE, six_weeks

app = typer.Typer()
report.register(app)


@pytest.fixture(scope="module")
def database(new_database_url):
    url = new_database_url()
    with six_weeks(url) as (store, _), store.write() as session:
        sync_requests(session, load_config().rank, zone=ZONE, now=NOW)
    return url


def run(*arguments):
    return CliRunner().invoke(app, arguments, catch_exceptions=False)


def test_top_lists_ranking_and_changes(database, monkeypatch):
    monkeypatch.setattr(out, "_width", 140)
    text = run("top", "--db", database).output
    assert "2026 年第 47 周（11月16日–11月22日）" in text
    changes, backlog = text.split("待办优先级")
    rows = [line.split() for line in changes.splitlines()]
    assert ["上升", "上传照片闪退", "3→24", "人"] in [row[:4] for row in rows]
    assert ["下降", "同步很慢", "4→2", "人"] in [row[:4] for row in rows]
    assert ["消失", "登录收不到验证码", "9→0", "人"] in [row[:4] for row in rows]
    first = next(line for line in backlog.splitlines() if line.lstrip().startswith("1 "))
    assert "上传照片闪退" in first
    assert "24/3 人" in first
    wish = next(line for line in backlog.splitlines() if "希望有夜间模式" in line)
    assert "持平" in wish
    assert "登录收不到验证码" in backlog, "an open request that nobody spoke of still waits"
    assert "刷屏 40 条" in text


@pytest.mark.parametrize("width", [60, 80, 100, 140, 200])
def test_top_fits_the_terminal_and_hides_nothing(database, monkeypatch, width):
    monkeypatch.setattr(out, "_width", width)
    text = run("top", "--db", database).output
    lines = text.splitlines()
    for name in PLAN:
        assert sum(name in line and "人" in line for line in lines) >= 1
    assert max(cell_len(line.rstrip()) for line in lines) <= width
    for hidden in ("反馈页 8", "更新以后一传照片就闪退", "新建"):
        assert hidden in text


def test_top_explains(database):
    assert "排第 1：" in run("top", "--why", "--db", database).output.replace("\n", "")


def test_top_of_a_past_week_as_json(database):
    payload = json.loads(run("top", "--week", "2026-W46", "--json", "--db", database).output)
    assert payload["week"] == "2026-W46"
    crash = next(topic for topic in payload["topics"] if topic["name"] == "上传照片闪退")
    assert crash["movement"] == "new"


def test_limit(database):
    payload = json.loads(run("top", "-n", "2", "--json", "--db", database).output)
    assert payload["top_count"] == 2


def test_digest_writes_its_charts_as_svg_and_png(database, tmp_path):
    folder = tmp_path / "charts"
    run("digest", "--db", database, f"-o{tmp_path / 'a.md'}", f"--charts={folder}")
    names = {
        f"topics-by-{key}.{suffix}"
        for key in ("week", "channel", "segment")
        for suffix in ("svg", "png")
    }
    assert {path.name for path in folder.iterdir()} == names
    assert "上传照片闪退" in (folder / "topics-by-segment.svg").read_text()
    assert (folder / "topics-by-week.png").read_bytes().startswith(b"\x89PNG")


def test_digest_writes_by_suffix_and_is_kept(database, tmp_path):
    paths = [tmp_path / name for name in ("a.md", "a.json")]
    result = run("digest", "--db", database, *(f"-o{path}" for path in paths))
    assert result.exit_code == 0
    assert "用户反馈周报" in paths[0].read_text(encoding="utf-8")
    payload = json.loads(paths[1].read_text(encoding="utf-8"))
    store = Database(database)
    with store.read() as session:
        (kept,) = session.exec(select(Digest)).all()
        assert kept.payload == payload
    store.dispose()


def test_unknown_suffix_is_refused_before_anything_is_written(database, tmp_path):
    with pytest.raises(InputError, match=r"\.docx"):
        run("digest", "--db", database, f"-o{tmp_path / 'a.md'}", f"-o{tmp_path / 'a.docx'}")
    assert not (tmp_path / "a.md").exists()


def test_a_path_without_suffix_is_refused_as_such(database, tmp_path):
    with pytest.raises(InputError, match="没有后缀"):
        run("digest", "--db", database, f"-o{tmp_path}")


def test_a_week_without_feedback_says_so(database):
    text = run("top", "--week", "2020-W10", "--db", database).output
    assert "本周没有反馈" in text
    assert "0/0" not in text


def test_empty_database_gives_a_hint(tmp_path):
    with pytest.raises(NotFound) as found:
        run("top", "--db", str(tmp_path / "empty.db"))
    assert "feedback-nlp ingest" in found.value.told(HINTS)


def test_month_instead_of_week(database):
    payload = json.loads(run("top", "--month", "2026-11", "--json", "--db", database).output)
    assert payload["week"] == "2026-11"
    assert "本月要事　2026 年 11 月" in run("top", "--month", "2026-11", "--db", database).output
    for arguments in (
        ["--month", "2026-W46"],
        ["--week", "2026-11"],
        ["--week", "2026-W46", "--month", "2026-11"],
    ):
        with pytest.raises(InputError):
            run("top", *arguments, "--db", database)
