"""Writes the demo files and the manifest of what is planted in them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from feedback_nlp.demo.layouts import LaidOut, lay_out
from feedback_nlp.demo.manifest import Fact, Manifest
from feedback_nlp.demo.phrases import issues
from feedback_nlp.demo.plan import Plan, Spike
from feedback_nlp.demo.posts import Newsroom, Post
from feedback_nlp.weeks import Week

MANIFEST_NAME = "manifest.json"


def generate(out_dir: Path, seed: int = 42) -> Manifest:
    """Write the demo data set into ``out_dir`` (made if missing) and return its manifest.

    The same seed gives the same rows. Weeks are 2026-W42 to 2026-W47.
    """
    return generate_plan(out_dir, Plan.shipped(), seed)


def generate_with(
    out_dir: Path,
    seed: int = 42,
    *,
    rates: Mapping[str, Sequence[int]] | None = None,
    spikes: Sequence[Spike] = (),
    first_week: Week | None = None,
    planted: Mapping[str, object] | None = None,
) -> Manifest:
    """Write a variation of the demo: other weekly rates, extra spikes, other weeks.

    Args:
        out_dir: Target folder, made if missing.
        seed: Of everything random.
        rates: Items a week by issue, replacing those of ``corpora/demo/plan.toml``.
        spikes: Extra items of one issue on one day.
        first_week: ISO week of the first rates.
        planted: Other counts of the table ``[planted]``.
    """
    plan = Plan.shipped().varied(rates=rates, spikes=spikes, first_week=first_week, planted=planted)
    return generate_plan(out_dir, plan, seed)


def generate_plan(out_dir: Path, plan: Plan, seed: int) -> Manifest:
    """Write the data set of a plan."""
    out_dir.mkdir(parents=True, exist_ok=True)
    posts = Newsroom(plan, seed).posts()
    laid_out = lay_out(posts, out_dir, plan.product, plan.planted["repeated_rows"])
    by_issue = {issue: _fact(issue, issue, posts, plan) for issue in issues()}
    source_of = {post.channel: laid.file.source for laid in laid_out for _, post in laid.truth}
    manifest = Manifest(
        seed=seed,
        product=plan.product,
        weeks=[str(week) for week in plan.weeks],
        versions={
            version.name: plan.at(version.day).date().isoformat() for version in plan.versions
        },
        releases=plan.releases,
        files=[laid.file for laid in laid_out],
        facts=_facts(posts, plan),
        issues=by_issue,
        personal=[
            {"kind": post.personal[0], "value": post.personal[1], "source": source_of[post.channel]}
            for post in posts
            if post.personal
        ],
        tags=dict(Counter([tag for post in posts for tag in (post.kind, *post.tags)])),
    )
    _write_truth(out_dir / manifest.truth, laid_out)
    manifest.write(out_dir / MANIFEST_NAME)
    return manifest


def _facts(posts: Sequence[Post], plan: Plan) -> list[Fact]:
    facts = [
        _fact("crash", issue, posts, plan, version=version)
        for issue, version in plan.only_in_version.items()
    ]
    facts += [
        _fact("fading", issue, posts, plan, version=version)
        for issue, version in plan.repaired_by.items()
    ]
    burst = [post for post in posts if post.kind == "burst"]
    cross = [post for post in posts if "cross-post" in post.tags]
    return [
        *facts,
        _fact("wish", "dark-mode", posts, plan),
        _counted(
            "season", "seasonal", ["蟹"], [post for post in posts if post.kind == "seasonal"], plan
        ),
        _counted(
            "burst",
            plan.planted["burst_issue"],
            issues()[plan.planted["burst_issue"]].names,
            burst,
            plan,
        ),
        _counted("cross-posts", "", [], cross, plan, groups=len({post.text for post in cross})),
    ]


def _fact(name: str, issue: str, posts: Sequence[Post], plan: Plan, **detail: object) -> Fact:
    about = [post for post in posts if issue in post.issues and post.kind != "burst"]
    return _counted(name, issue, issues()[issue].names, about, plan, **detail)


def _counted(
    name: str,
    issue: str,
    names: Sequence[str],
    posts: Sequence[Post],
    plan: Plan,
    **detail: object,
) -> Fact:
    weeks = [str(week) for week in plan.weeks]
    counts = Counter(str(Week(*post.at.isocalendar()[:2])) for post in posts)
    people = {(str(Week(*post.at.isocalendar()[:2])), post.person.number) for post in posts}
    authors = Counter(week for week, _ in people)
    return Fact(
        id=name,
        issue=issue,
        names=list(names),
        weeks={week: counts[week] for week in weeks},
        authors={week: authors[week] for week in weeks},
        channels=dict(Counter(post.channel for post in posts)),
        detail=detail,
    )


def _write_truth(path: Path, laid_out: Sequence[LaidOut]) -> None:
    with path.open("w", encoding="utf-8") as file:
        for laid in laid_out:
            for line, post in laid.truth:
                truth = {
                    "source": laid.file.source,
                    "line": line,
                    "kind": post.kind,
                    "issues": post.issues,
                    "tags": post.tags,
                }
                file.write(json.dumps(truth, ensure_ascii=False) + "\n")
