"""The demo job: invented feedback through the whole chain, in a folder of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from feedback_nlp.config import PipelineConfig
from feedback_nlp.demo import Manifest, generate
from feedback_nlp.jobs.analyze import AnalysisReport, Progress, run_analysis
from feedback_nlp.jobs.demo_notices import Told
from feedback_nlp.jobs.demo_releases import release_and_check
from feedback_nlp.jobs.digest import write_digest
from feedback_nlp.jobs.ingest import IngestReport, ingest_file
from feedback_nlp.jobs.options import IngestOptions
from feedback_nlp.labels import SourceKind
from feedback_nlp.requests.verifying import Looked
from feedback_nlp.settings import Settings
from feedback_nlp.store import Database
from feedback_nlp.store.keys import keep_key
from feedback_nlp.week.records import WeeklyDigest

# Pseudonyms are words of a text: with a secret of its own each run would print another page.
# The people are invented, so this one may be known.
_SECRET = b"demo"
DIGEST_NAMES = ("digest.html", "digest.md", "digest.xlsx")


@dataclass(frozen=True, slots=True)
class DemoReport:
    """What the demo did.

    Attributes:
        manifest: What was planted.
        ingested: One report a file.
        analysis: What the analysis did.
        told: What the people behind the releases were told, and what the receiver counted.
        releases: What the verification found about what the invented team released.
        digest: The figures of the last week.
        digest_files: The written reports.
        database_path: The demo's own database, where no other was named.
    """

    manifest: Manifest
    ingested: tuple[IngestReport, ...]
    analysis: AnalysisReport
    told: tuple[Told, ...]
    releases: tuple[Looked, ...]
    digest: WeeklyDigest
    digest_files: tuple[Path, ...]
    database_path: Path


def run_demo(
    folder: Path,
    config: PipelineConfig,
    settings: Settings,
    *,
    now: Callable[[], datetime],
    seed: int = 42,
    progress: Progress = lambda _stage, _done, _total: None,
    database_url: str | None = None,
) -> DemoReport:
    """Generate, ingest, analyse and report, starting from an empty database each time.

    Args:
        folder: Made if missing; the demo's earlier files in it are replaced.
        config: The analysis.
        settings: Zone and secret; the database is the demo's own.
        now: The clock.
        seed: Of the generator.
        progress: Called with stage, done, total.
        database_url: An empty database to use instead of ``demo.db`` in the folder.
    """
    database_path = _cleared(folder)
    manifest = generate(folder / "data", seed=seed)
    database = Database(database_url or f"sqlite:///{database_path}")
    try:
        database.migrate()
        if settings.secret is None:
            keep_key(database.url, _SECRET)  # for whoever ingests more into the demo
        ingested = _ingested(database, folder, manifest, settings, now, progress)
        analysis = run_analysis(database, config, zone=settings.zone, now=now, progress=progress)
        told, releases = release_and_check(
            database, config, manifest, zone=settings.zone, now=now()
        )
        digest_files = tuple(folder / name for name in DIGEST_NAMES)
        digest = write_digest(
            database,
            config,
            list(digest_files),
            zone=settings.zone,
            now=now(),
            week=manifest.weeks[-1],
        )
    finally:
        database.dispose()
    return DemoReport(
        manifest,
        ingested,
        analysis,
        tuple(told),
        tuple(releases),
        digest,
        digest_files,
        database_path,
    )


def _cleared(folder: Path) -> Path:
    """Make the folder, remove an earlier demo's database, and return where the new one lies."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "demo.db"
    for suffix in ("", "-wal", "-shm", ".key"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    return path


def _ingested(
    database: Database,
    folder: Path,
    manifest: Manifest,
    settings: Settings,
    now: Callable[[], datetime],
    progress: Progress,
) -> tuple[IngestReport, ...]:
    reports = []
    for number, file in enumerate(manifest.files, start=1):
        options = IngestOptions(
            source=file.source,
            zone=settings.zone,
            kind=SourceKind(file.kind),
            product=manifest.product,
            secret=settings.plain_secret,
        )
        reports.append(ingest_file(database, folder / "data" / file.path, options, now=now))
        progress("导入文件", number, len(manifest.files))
    return tuple(reports)
