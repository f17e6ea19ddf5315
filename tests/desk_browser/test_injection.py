"""What people wrote runs in no browser: in texts, names, files, comments, views, templates."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from feedback_nlp.labels import ReporterStatus
from feedback_nlp.requests.notice_words import set_template
from feedback_nlp.requests.reweighing import save_scheme
from feedback_nlp.store import Database
from feedback_nlp.store.tables import RequestComment
from tests.desk_browser.test_access import PAGES
from tests.desk_demo import NOW

pytestmark = pytest.mark.browser

RAW = '"><img src=x onerror=ran=1><svg onload=ran=1>'
LONG = f"{RAW}<script>ran=1</script></textarea><script>ran=1</script>"
#: Table and columns that hold words of people; the long ones have no short limit.
SHORT = {
    "feedback": ("product", "channel", "app_version", "device", "region", "segment"),
    "topic": ("name",),
    "request": ("owner", "target_release"),
    "ingest_batch": ("layout",),
    "status_event": ("actor",),
    "notice": (),
}
WHOLE = {
    "feedback": ("text", "title"),
    "request": ("title",),
    "status_event": ("reason",),
    "rejected_row": ("detail", "raw"),
    "ingest_batch": ("file_name", "error"),
    "notice": ("reason",),
}


def poison(url: str) -> None:
    """Write tags and handlers wherever people can write."""
    opened = Database(url)
    with opened.write() as session:
        for words, columns in ((RAW, SHORT), (LONG, WHOLE)):
            for table, names in columns.items():
                for name in names:
                    session.execute(text(f'UPDATE {table} SET "{name}" = :words'), {"words": words})
        session.execute(text("UPDATE source SET name = :words || id"), {"words": LONG})
        session.add(RequestComment(request_id=2, actor=RAW, text=LONG, happened_at=NOW))
        save_scheme(session, RAW[:40], {"people": 0.9})
        set_template(session, ReporterStatus.PLANNED, LONG)
    opened.dispose()


def test_nothing_that_people_wrote_runs(page: Any, demo: str, tmp_path: Path) -> None:
    poison(demo)
    for address in PAGES:
        page.goto(address)
        assert page.evaluate("typeof window.ran") == "undefined", address
        assert page.locator("main img, main svg[onload], #drawer img").count() == 0, address
    page.goto("/feedback")
    page.locator("[data-open]").first.click()
    page.locator(".drawer.open .whole").wait_for()
    file = tmp_path / '"><img src=x onerror=ran=1>.csv'
    file.write_text(f'"{RAW.replace(chr(34), chr(39))}",乙\n{LONG},2\n', encoding="utf-8")
    page.goto("/data")
    page.set_input_files('input[type="file"]', file)
    page.fill('input[name="source"]', LONG)
    page.get_by_role("button", name="先看看怎么读").click()
    assert page.evaluate("typeof window.ran") == "undefined"
    page.goto("/people")
    page.fill('main input[name="name"]', LONG)
    page.get_by_role("button", name="发一把密钥").click()
    assert page.evaluate("typeof window.ran") == "undefined"
