"""axe-core over every page, light and dark: nothing serious, nothing critical."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.desk_browser.conftest import give_up

pytestmark = pytest.mark.browser

AXE = Path(__file__).with_name("node_modules") / "axe-core" / "axe.min.js"
PAGES = (
    *("/", "/?tab=backlog", "/requests", "/requests?view=board", "/requests/REQ-8", "/topics"),
    *("/topics/8", "/topics/merge?topic=13&into=8", "/feedback?week=2026-W47", "/feedback/100"),
    *("/alerts", "/data", "/data/batches/1", "/people", "/feedback?week=x", "/login", "/docs"),
    *("/requests/REQ-2", "/notices", "/notices/REQ-2", "/week/send", "/data/sample"),
)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_serious(page: Any, scheme: str) -> None:
    if not AXE.exists():
        give_up("axe-core is not installed: make test-desk")
    page.emulate_media(color_scheme=scheme)
    found = {}
    for address in PAGES:
        page.goto(address)
        page.evaluate(AXE.read_text(encoding="utf-8"))  # past the policy: not a script element
        result = page.evaluate("axe.run({resultTypes: ['violations']})")
        bad = [
            (rule["id"], node["html"][:160], node["failureSummary"][:200])
            for rule in result["violations"]
            if rule["impact"] in ("serious", "critical")
            for node in rule["nodes"][:2]
        ]
        if bad:
            found[address] = bad
    assert found == {}


def test_no_page_is_wider_than_the_screen(page: Any) -> None:
    for address in PAGES:
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address
