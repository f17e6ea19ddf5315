import json
import re

import pytest
import typer
from typer.testing import CliRunner

from feedback_nlp.cli import replay, report
from feedback_nlp.errors import ConfigError
from tests.week.six_weeks import six_weeks

app = typer.Typer()
replay.register(app)
report.register(app)


@pytest.fixture(scope="module")
def database(new_database_url):
    url = new_database_url()
    with six_weeks(url):
        pass
    return url


@pytest.fixture
def run(database):
    def invoke(*arguments):
        return (
            CliRunner().invoke(app, [*arguments, "--db", database], catch_exceptions=False).output
        )

    return invoke


def weights_file(folder, text):
    path = folder / "weights.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_same_weights_give_the_weeks_ranking_byte_for_byte(run):
    first = run("replay", "--week", "2026-W46", "--json")
    assert first == run("replay", "--week", "2026-W46", "--json")
    digest = json.loads(run("top", "--week", "2026-W46", "--json"))
    shown = [(topic["name"], topic["priority"]["score"]) for topic in digest["topics"]]
    assert [(t["name"], t["score"]) for t in json.loads(first)["topics"]] == shown


def test_other_weights_move_positions_and_show_both(run, tmp_path):
    path = weights_file(tmp_path, '[rank]\nversion = "只看人数"\nweights = { people = 1.0 }\n')
    result = json.loads(run("replay", "--weights", path, "--json"))
    assert result == json.loads(run("replay", "--weights", path, "--json"))
    assert re.fullmatch(r"只看人数@[0-9a-f]{6}", result["weights_version"])
    first = result["topics"][0]
    assert (first["name"], first["position"], first["position_before"]) == ("同步很慢", 1, 2)
    text = run("replay", "--weights", path)
    assert "↑1" in text
    assert "↓" in text


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("weights = {}", "rank"),
        ("[rank]\nweights = { popularity = 1 }", "popularity"),
        ("[rank]\nweights = { people = -1 }", "负"),
        ("[rank\n", "TOML"),
    ],
)
def test_unusable_weights_are_refused(run, tmp_path, content, complaint):
    with pytest.raises(ConfigError, match=complaint):
        run("replay", "--weights", weights_file(tmp_path, content))


def test_missing_weights_file(run, tmp_path):
    with pytest.raises(ConfigError, match="读不到"):
        run("replay", "--weights", str(tmp_path / "none.toml"))
