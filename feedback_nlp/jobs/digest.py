"""The digest job: compute a week, render it, keep what was shown."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from feedback_nlp.config import PipelineConfig
from feedback_nlp.errors import InputError
from feedback_nlp.files import disk_words, write_private
from feedback_nlp.pipeline import tell_week
from feedback_nlp.report import charts
from feedback_nlp.report.as_json import render_json, to_payload
from feedback_nlp.report.heat import heat_maps
from feedback_nlp.report.html import render_html
from feedback_nlp.report.markdown import render_markdown
from feedback_nlp.report.workbook import render_workbook
from feedback_nlp.store import Database, standings
from feedback_nlp.store.tables import Digest
from feedback_nlp.week.lines import feedback_lines, request_lines, unit_lines
from feedback_nlp.week.records import WeeklyDigest
from feedback_nlp.weeks import Scope, parse_period

_TEXT_RENDERERS: dict[str, Callable[[WeeklyDigest], str]] = {
    ".html": render_html,
    ".md": render_markdown,
    ".json": render_json,
}
_SUFFIXES = (*_TEXT_RENDERERS, ".xlsx")


def write_digest(
    database: Database,
    config: PipelineConfig,
    outputs: list[Path],
    *,
    zone: ZoneInfo,
    now: datetime,
    week: str | None = None,
    product: str | None = None,
) -> WeeklyDigest:
    """Compute a digest, write it to each file by its suffix, and keep it in the store.

    Raises:
        InputError: If a suffix is not one we write, or a file cannot be written.
        NotFound: If there is no feedback or no analysis.
    """
    for path in outputs:
        if path.suffix.lower() not in _SUFFIXES:
            what = (
                f"不会写 {path.suffix} 格式的周报"
                if path.suffix
                else f"看不出 {path} 要写成什么格式：没有后缀"
            )
            raise InputError(what, hint="可用 " + "、".join(_SUFFIXES))
    with database.read() as session:
        digest = tell_week(session, config, zone=zone, now=now, week=week, product=product)
        rendered = [
            render_digest(session, path.suffix.lower(), digest, zone=zone) for path in outputs
        ]
    standings.keep(database, session)
    for path, content in zip(outputs, rendered, strict=True):
        write_private(path, content)
    with database.write() as session:
        keep_digest(session, digest, now)
    return digest


def write_charts(digest: WeeklyDigest, folder: Path) -> list[Path]:
    """Write the heat maps as ``topics-by-*.svg`` and ``.png``; make the folder if missing.

    Raises:
        InputError: If a file cannot be written.
    """
    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"建不了目录 {folder}：{disk_words(error)}", hint="检查权限和磁盘空间"
        ) from error
    for shown in heat_maps(digest):
        stem = folder / f"topics-by-{shown.key}"
        for path, content in (
            (stem.with_suffix(".svg"), charts.heat_map_svg(shown).encode()),
            (stem.with_suffix(".png"), charts.heat_map_png(shown)),
        ):
            write_private(path, content)
            written.append(path)
    return written


def render_digest(session: Session, suffix: str, digest: WeeklyDigest, *, zone: ZoneInfo) -> bytes:
    """Render a digest as ``.html``, ``.md``, ``.json`` or ``.xlsx``; the workbook reads rows, too."""
    if suffix == ".xlsx":
        scope = Scope(parse_period(digest.week), zone, digest.product)
        return render_workbook(
            digest,
            feedback_lines(session, scope),
            request_lines(session, digest.product),
            unit_lines(session, scope),
        )
    return _TEXT_RENDERERS[suffix](digest).encode()


def keep_digest(session: Session, digest: WeeklyDigest, now: datetime) -> None:
    """Keep what was shown, for the record; a later telling of the week replaces it."""
    row = session.scalars(
        select(Digest).where(
            col(Digest.week) == digest.week, col(Digest.product) == (digest.product or "")
        )
    ).first() or Digest(week=digest.week, product=digest.product or "", created_at=now)
    row.payload, row.created_at = to_payload(digest), now
    session.add(row)
