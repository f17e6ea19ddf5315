"""Read-only views for Superset, Metabase and whoever speaks SQL: names that stay.

They hold no author, no key and no closed answers. Weeks begin on Monday at midnight in China
(UTC+8), whatever the service's zone is.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

_FEEDBACK = """
SELECT f.id, s.name AS source, s.kind AS source_kind, f.product,
       coalesce(f.channel, s.name) AS channel, f.app_version, f.device, f.region, f.segment,
       f.rating, f.occurred_at, {week} AS week, f.text, f.sentiment, f.sentiment_score, f.intent,
       (f.is_spam = {false} AND f.is_burst = {false}) AS is_counted
FROM feedback f JOIN source s ON s.id = f.source_id
"""

_TOPIC_WEEKLY = """
SELECT {week} AS week, t.id AS topic_id, t.name AS topic, t.kind,
       count(DISTINCT f.person_key) AS people, count(DISTINCT f.id) AS feedback,
       count(u.id) AS units,
       sum(CASE WHEN u.sentiment = 'neg' THEN 1 ELSE 0 END) AS negative_units
FROM unit u JOIN feedback f ON f.id = u.feedback_id JOIN topic t ON t.id = u.topic_id
WHERE f.is_spam = {false} AND f.is_burst = {false}
GROUP BY {week}, t.id, t.name, t.kind
"""

_REQUEST_STATUS = """
SELECT r.key, r.title, r.intent, r.product, r.owner, r.status, r.reporter_status, r.priority,
       r.priority_low, r.priority_high, r.due, r.topic_id, t.name AS topic, r.created_at,
       coalesce((SELECT max(e.happened_at) FROM status_event e WHERE e.request_id = r.id),
                r.created_at) AS status_since,
       (SELECT count(*) FROM evidence v WHERE v.request_id = r.id) AS evidence
FROM request r LEFT JOIN topic t ON t.id = r.topic_id
"""

_VIEWS = {
    "v_feedback": _FEEDBACK,
    "v_topic_weekly": _TOPIC_WEEKLY,
    "v_request_status": _REQUEST_STATUS,
}
_SQLITE = {"week": "date(f.occurred_at, '+8 hours', 'weekday 0', '-6 days')", "false": "0"}
_POSTGRES = {
    "week": "date_trunc('week', f.occurred_at AT TIME ZONE 'Asia/Shanghai')::date",
    "false": "false",
}


def make_views(connection: Connection) -> None:
    """Make the views, or make them again as this version has them."""
    words = _POSTGRES if connection.dialect.name == "postgresql" else _SQLITE
    drop_views(connection)
    for name, query in _VIEWS.items():
        connection.execute(text(f"CREATE VIEW {name} AS {query.format(**words)}"))


def drop_views(connection: Connection) -> None:
    """Drop the views: SQLite changes no table that a view looks at."""
    for name in _VIEWS:
        connection.execute(text(f"DROP VIEW IF EXISTS {name}"))
