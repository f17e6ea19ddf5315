"""The digest as one self-contained HTML page: no script, no network, prints well."""

from __future__ import annotations

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from feedback_nlp.labels import ReporterStatus, RequestStatus, label
from feedback_nlp.report import charts, data_notes, wording
from feedback_nlp.report.heat import heat_maps
from feedback_nlp.week.records import WeeklyDigest

_MOVED_COUNT = 8


def render_html(digest: WeeklyDigest) -> str:
    """Return the page; every text that people wrote is escaped."""
    return (
        _environment()
        .get_template("digest.html")
        .render(
            digest=digest,
            backlog=digest.backlog[: digest.top_count],
            moved=[(kind, digest.moved(kind)) for kind in wording.REVIEW_ORDER],
            moved_count=_MOVED_COUNT,
            heat_maps=heat_maps(digest),
            swings=wording.swing_words(digest),
            similar=wording.similar_lines(digest),
            doubtful=wording.doubtful_lines(digest),
            delta_steps=wording.delta_steps(digest),
            segments=wording.segment_sentences(digest),
            ratings=wording.rating_sentences(digest),
            progress=wording.loop_sentences(digest),
            notes=data_notes.notes(digest),
            definitions=wording.definitions(digest),
        )
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("feedback_nlp.report"),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        movement_kind=label,
        shorten=wording.shorten,
        kind=wording.kind_label,
        day=wording.day,
        request_status=lambda status: label(RequestStatus(status)),
        reporter_status=lambda status: label(ReporterStatus(status)),
    )
    environment.globals.update(
        change=wording.change,
        movement=wording.movement_label,
        unit=wording.unit,
        channel_words=wording.channel_words,
        people_heading=wording.people_heading,
        share=wording.share,
        period=wording.period,
        zip=zip,
        sparkline=charts.sparkline,
        interval_bar=charts.interval_bar,
    )
    return environment
