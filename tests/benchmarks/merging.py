"""One problem, one request: on the demo, before and after the merges that are proposed.

Run ``python -m tests.benchmarks.merging -o docs/benchmarks/merging.json``. The demo plants
18 problems in 15 and more phrasings each. The generator's truth says which post is about
which; the rest goes the way a person goes: ``analyze``, ``topics similar --json``, the
``topics merge`` of each group it proposes, and the requests with their evidence.

The share of a problem is that of the people who spoke of it and are evidence of the one
request that has most of them: of all of them, and of those in any request. A proposed pair
is wrong if most units of the two topics are of different problems, or of none.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import typer
from sqlmodel import col, select
from typer.testing import CliRunner

from feedback_nlp.cli import topics
from feedback_nlp.config import load_config
from feedback_nlp.demo import Manifest
from feedback_nlp.ingest import open_source
from feedback_nlp.jobs.demo import run_demo
from feedback_nlp.records import RawItem
from feedback_nlp.settings import Settings
from feedback_nlp.store import Database, likeness
from feedback_nlp.store.tables import Evidence, FeatureRequest, Feedback, FeedbackUnit, Source
from feedback_nlp.week.similar import merge_groups
from tests.benchmarks.hardware import hardware

NOW = datetime(2026, 11, 23, 1, tzinfo=UTC)
Issues = Mapping[int, tuple[str, ...]]


def planted(session: Any, folder: Path, manifest: Manifest, settings: Settings) -> Issues:
    """Return what each feedback is about, by its id; pasted posts are about nothing."""
    key_of: dict[tuple[str, int], str] = {}
    for file in manifest.files:
        with open_source(folder / file.path, zone=settings.zone) as source:
            for item in source.items:
                if isinstance(item, RawItem):
                    key_of[file.source, item.line] = item.source_key
    about: dict[tuple[str, str], tuple[str, ...]] = {}
    for line in (folder / manifest.truth).read_text("utf-8").splitlines():
        truth = json.loads(line)
        issues = () if truth["kind"] == "burst" else tuple(truth["issues"])
        about[truth["source"], key_of[truth["source"], truth["line"]]] = issues
    names = {source.id: source.name for source in session.scalars(select(Source))}
    return {
        row.id: about.get((names[row.source_id], row.source_key), ())
        for row in session.scalars(select(Feedback))
    }


def shares(session: Any, issues: Issues) -> dict[str, dict[str, float]]:
    """Return for each problem how many of its people are in its largest request."""
    people: dict[str, set[str]] = defaultdict(set)
    person_of = {row.id: row.person_key for row in session.scalars(select(Feedback))}
    for feedback_id, about in issues.items():
        for issue in about:
            people[issue].add(person_of[feedback_id])
    inside: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    rows = session.execute(
        select(col(FeatureRequest.key), col(FeedbackUnit.feedback_id))
        .join(Evidence, col(Evidence.request_id) == col(FeatureRequest.id))
        .join(FeedbackUnit, col(FeedbackUnit.id) == col(Evidence.unit_id))
        .where(col(FeatureRequest.status) != "duplicate")
    )
    for key, feedback_id in rows:
        for issue in issues[feedback_id]:
            inside[issue][key].add(person_of[feedback_id])
    found = {}
    for issue, everybody in sorted(people.items()):
        best = max((len(some) for some in inside[issue].values()), default=0)
        somewhere = len(set().union(*inside[issue].values()))
        found[issue] = {
            "people": len(everybody),
            "of_all": round(best / len(everybody), 3),
            "of_those_in_requests": round(best / max(somewhere, 1), 3),
        }
    return found


def main_issues(session: Any, issues: Issues) -> dict[int, str]:
    """Return what most units of each topic are about; nothing if most are about nothing."""
    counts: dict[int, Counter[str]] = defaultdict(Counter)
    for unit in session.scalars(select(FeedbackUnit)):
        if unit.topic_id is not None:
            counts[unit.topic_id].update(issues[unit.feedback_id] or ("",))
    return {topic_id: count.most_common(1)[0][0] for topic_id, count in counts.items()}


def measure() -> dict[str, Any]:
    """Run the demo, look, merge what is proposed, look again."""
    settings, app = Settings(), typer.Typer()
    topics.register(app)

    def run(*arguments: str) -> str:
        result = CliRunner().invoke(app, [*arguments, "--db", url], catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return result.output

    with tempfile.TemporaryDirectory() as folder:
        report = run_demo(Path(folder), load_config(), settings, now=lambda: NOW)
        url = f"sqlite:///{report.database_path}"
        database = Database(url)
        with database.read() as session:
            issues = planted(session, Path(folder) / "data", report.manifest, settings)
            before, main = shares(session, issues), main_issues(session, issues)
            groups = merge_groups(likeness.similar_topics(session))
        pairs = json.loads(run("topics", "similar", "--json"))
        for into, others in groups:
            run("topics", "merge", *map(str, others), "--into", str(into))
        with database.read() as session:
            after = shares(session, issues)
        database.dispose()
    told = [
        {
            "topics": [pair["into_name"], pair["name"]],
            "score": pair["score"],
            "right": bool(main[pair["into_id"]])
            and main[pair["into_id"]] == main[pair["topic_id"]],
        }
        for pair in pairs
    ]
    return {
        "hardware": hardware(),
        "threshold": load_config().topics.alike_min_score,
        "unassigned_share": report.analysis.unassigned_share,
        "mean_share": {
            name: {
                kind: round(sum(row[kind] for row in figures.values()) / len(figures), 3)
                for kind in ("of_all", "of_those_in_requests")
            }
            for name, figures in (("without_help", before), ("after_merges", after))
        },
        "proposed": len(told),
        "wrong": sum(not pair["right"] for pair in told),
        "pairs": told,
        "problems": {
            issue: {"without_help": before[issue], "after_merges": after[issue]} for issue in before
        },
    }


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser()
    parser.add_argument("-o", "--output", type=Path, required=True)
    output = parser.parse_args().output
    text = json.dumps(measure(), ensure_ascii=False, indent=1)
    output.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
