"""Pictures of the desk from the demo, at both widths: ``make desk-pictures``."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.desk_browser.conftest import (
    FLAGS,
    OUTLETS,
    WIDTHS,
    find_browser,
    serving,
)
from tests.desk_demo import (
    CRASH,
    SLOW,
    SLOWER,
    answer_everybody,
    demos,
    propose_one_matter,
    request_key,
    topic_id,
)

#: Address of each picture; in braces what the demo numbers anew each time.
PICTURES = {
    "week": "/",
    "backlog": "/?tab=backlog",
    "feedback": "/feedback?of=people&week=2026-W47&counted=1&topic_id={crash}",
    "requests": "/requests",
    "board": "/requests?view=board",
    "request": "/requests/{crash_request}",
    "released": "/requests/REQ-2#verification",
    "topics": "/topics",
    "topic": "/topics/{crash}",
    "merge": "/topics/merge?topic={slower}&into={slow}",
    "alerts": "/alerts",
    "notices": "/notices",
    "notice": "/notices/REQ-2",
    "send": "/week/send",
    "data": "/data",
    "sample": "/data/sample",
}
#: Pages that are shown with the first row opened beside them.
OPENED = {"drawer": "/feedback?of=people&week=2026-W47&counted=1&topic_id={crash}"}


def main(folder: Path) -> None:
    """Write one PNG a page and width."""
    from playwright.sync_api import sync_playwright

    browser_path = find_browser()
    if browser_path is None:
        sys.exit("no Chromium: apt-get install chromium, or set DESK_BROWSER")
    fonts = subprocess.run(["fc-list", ":lang=zh"], capture_output=True, check=False).stdout
    if not fonts.strip():
        sys.exit("no Chinese font: apt-get install fonts-noto-cjk")
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        database = next(demos(Path(place)))()
        propose_one_matter(database)
        answer_everybody(database)
        names = {
            "crash": topic_id(database, CRASH),
            "slow": topic_id(database, SLOW),
            "slower": topic_id(database, SLOWER),
            "crash_request": request_key(database, CRASH),
        }
        outlets = Path(place) / "outlets.toml"
        outlets.write_text(OUTLETS, encoding="utf-8")
        browser = playwright.chromium.launch(executable_path=browser_path, args=FLAGS)
        with serving(database, outlets) as address:
            for width_name, (width, height) in WIDTHS.items():
                context = browser.new_context(
                    viewport={"width": width, "height": height},
                    base_url=address,
                    locale="zh-CN",
                    reduced_motion="reduce",  # or the drawer is caught while it comes in
                )
                context.add_cookies(
                    [{"name": "feedback_actor", "value": "%E6%9E%97%E6%99%93", "url": address}]
                )
                _draw(context.new_page(), folder, width_name, names)
                context.close()
        browser.close()


def _draw(page: Any, folder: Path, width_name: str, names: Mapping[str, Any]) -> None:
    for name, path in PICTURES.items():
        page.goto(path.format(**names))
        page.screenshot(path=folder / f"{name}-{width_name}.png")
    for name, path in OPENED.items():
        page.goto(path.format(**names))
        page.locator("[data-open]").first.click()
        page.locator(".drawer.open .whole").wait_for()
        page.screenshot(path=folder / f"{name}-{width_name}.png")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/desk"))
