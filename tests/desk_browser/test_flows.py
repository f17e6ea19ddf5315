"""What ops does on a Monday, walked in a browser at 1280 and 390 px: ``make test-desk``."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from feedback_nlp.jobs.delivering import deliver_now
from feedback_nlp.jobs.outlets import load_outlets
from feedback_nlp.settings import Settings
from feedback_nlp.store import Database
from tests.desk_browser.conftest import OUTLETS, WIDTHS, serving
from tests.desk_demo import CRASH, NOW, SLOW, SLOWER, answer_everybody, request_key, topic_id
from tests.outlets.local_server import local_server

pytestmark = pytest.mark.browser


def told(page: Any) -> str:
    text: str = page.locator(".toast").inner_text()
    return text


def test_find_the_crash_and_open_its_rows(page: Any) -> None:
    page.goto("/")
    card = page.locator(".card", has_text="App 闪退").first
    number = card.locator(".big .n").last
    people = number.inner_text()
    number.click()
    assert page.locator("#count b").inner_text() == people
    page.locator("[data-open]").first.click()
    page.locator(".drawer.open .whole").wait_for()
    page.keyboard.press("Escape")
    assert page.locator(".drawer.open").count() == 0


def test_the_same_without_scripts(chromium: Any, served: str) -> None:
    context = chromium.new_context(base_url=served, java_script_enabled=False)
    page = context.new_page()
    page.goto("/")
    page.locator(".card").first.locator(".big .n").last.click()
    page.locator("[data-open]").first.click()
    assert page.locator("#one .whole").count() == 1
    page.locator("summary", has_text="改主题").first.click()
    page.locator('form[action$="/topic"] input[name="actor"]').first.fill("林晓")
    page.locator('form[action$="/topic"] select').first.select_option(index=3)
    page.locator('form[action$="/topic"] button').first.click()
    assert "改到主题" in told(page)
    page.get_by_role("button", name="撤销").click()
    assert "撤销了" in told(page)
    context.close()


def test_move_a_request_to_planned_with_a_reason(page: Any, demo: str) -> None:
    page.goto(f"/requests/{request_key(demo, CRASH)}")
    page.select_option('select[name="to"]', "planned")
    page.fill('form[action$="/move"] input[name="reason"]', "排进 5.4 版")
    page.get_by_role("button", name="改状态").click()
    assert "已排期" in told(page)
    assert "排进 5.4 版" in page.locator("#history").inner_text()


def test_merge_two_topics_and_see_one_request(page: Any, demo: str) -> None:
    page.goto(f"/topics/{topic_id(demo, SLOWER)}")
    name = page.locator("h1").inner_text()
    into = page.locator('select[name="into"] option', has_text=re.compile(f"^{SLOW}$"))
    page.select_option('select[name="into"]', into.get_attribute("value"))
    page.get_by_role("button", name="先看看").click()
    assert "去重一共" in page.locator("main").inner_text()
    page.get_by_role("button", name="并入", exact=True).click()
    assert f"并入了“{SLOW}”" in told(page)
    page.goto("/requests")
    assert page.locator("a.name", has_text=re.compile(f"^{re.escape(name)}$")).count() == 0


def test_upload_a_file_with_an_unknown_column_and_map_it(page: Any, tmp_path: Path) -> None:
    file = tmp_path / "导出.csv"
    file.write_text("甲,乙\n1,2\n3,4\n", encoding="utf-8")
    page.goto("/data")
    page.set_input_files('input[type="file"]', file)
    page.fill('input[name="source"]', "官网反馈")
    page.get_by_role("button", name="先看看怎么读").click()
    assert "哪一列是正文" in page.locator(".banner").inner_text()
    page.locator('select[name="field"]').first.select_option("text")
    page.get_by_role("button", name="再看一次").click()
    page.get_by_role("button", name="导入并分析").click()
    assert "收下 2 条" in told(page)


def test_correct_a_unit_s_sentiment(page: Any, demo: str) -> None:
    crash = topic_id(demo, CRASH)
    page.goto(f"/feedback?of=people&week=2026-W47&counted=1&topic_id={crash}")
    page.locator("[data-open]").first.click()
    drawer = page.locator(".drawer.open")
    unit = drawer.locator("[data-unit]").first
    unit.locator("summary", has_text="改判断").click()
    unit.locator('select[name="sentiment"]').select_option("neu")
    unit.locator('select[name="intent"]').select_option("question")
    unit.get_by_role("button", name="改判断").click()
    assert "中性，咨询" in told(page) or "以后的分析不会改回去" in told(page)
    assert "/feedback?of=people" in page.url  # back in the list that was open
    page.get_by_role("button", name="撤销").click()
    assert "改回去了" in told(page)


@pytest.mark.parametrize("width", list(WIDTHS))
def test_preview_and_send_notices_to_a_local_sink(
    chromium: Any, demo: str, tmp_path: Path, width: str
) -> None:
    with local_server() as sink:
        outlets = tmp_path / "outlets.toml"
        answer_everybody(demo, "回访")
        text = OUTLETS.replace("https://example.com/hook", sink.url)
        outlets.write_text(text, encoding="utf-8")
        with serving(demo, outlets, sink.allowed) as address:
            across, down = WIDTHS[width]
            context = chromium.new_context(
                base_url=address, viewport={"width": across, "height": down}
            )
            page = context.new_page()
            page.goto(f"/requests/{request_key(demo, CRASH)}")  # what the demo owed it has told
            page.select_option('select[name="to"]', "planned")
            page.fill('form[action$="/move"] input[name="reason"]', "排进 5.4 版")
            page.locator('form:has(select[name="to"]) input[name="actor"]').fill("林晓")
            page.get_by_role("button", name="改状态").click()
            page.goto("/notices")
            page.get_by_role("link", name="看一眼再发").first.click()
            assert "第一个人会看到" in page.locator("main").inner_text()
            page.locator('form[action$="/send"] input[name="actor"]').fill("林晓")
            button = page.locator('form[action$="/send"] button')
            people = int(re.sub(r"\D", "", button.inner_text()))
            button.click()
            assert f"交出了 {people} 人的通知" in told(page)
            context.close()
            deliver(demo, outlets, sink.allowed)
        assert len(sink.received) == people


def deliver(url: str, outlets: Path, allow: str) -> None:
    """Do what the worker does."""
    opened = Database(url)
    settings = Settings(outlets=outlets, outgoing_allow=allow)
    moments = (NOW + timedelta(minutes=minute) for minute in range(100_000))
    deliver_now(opened, load_outlets(settings, {}), now=lambda: next(moments))
    opened.dispose()


def test_merge_several_that_are_ticked_and_take_it_back(page: Any) -> None:
    page.goto("/topics")
    ticks = page.locator('li[data-topic] input[type="checkbox"]')
    ticks.nth(0).check()
    ticks.nth(1).check()
    page.locator('#bulk select[name="into"]').select_option(index=3)
    page.get_by_role("button", name="先看看").click()
    assert "3 → 1" in page.locator("h1").inner_text()
    page.get_by_role("button", name="并入", exact=True).click()
    assert "2 个并入了" in told(page)
    page.get_by_role("button", name="撤销").click()
    assert "撤销了：2 步" in told(page)


def test_a_topic_is_dragged_onto_a_group(page: Any) -> None:
    page.goto("/topics")
    group = page.locator("[data-theme]").first
    topic = page.locator("[data-theme]").nth(1).locator("li[data-topic]").first
    name = topic.locator(".name").inner_text()
    topic.locator(".name").drag_to(group.locator("h2"))
    page.locator(".toast", has_text="移到了").wait_for()
    assert name in page.locator("[data-theme]").filter(has_text=name).first.inner_text()


def test_a_request_is_dragged_to_where_it_may_go(page: Any, demo: str) -> None:
    if page.viewport_size["width"] < 720:
        pytest.skip("the next column lies beside the screen: the test with a finger goes there")
    key = request_key(demo, CRASH)
    page.goto("/requests?view=board")
    tile = page.locator("li.tile", has_text=key).first
    tile.locator(".name").drag_to(page.locator('section[data-status="triaged"] h2'))
    page.locator(".toast").wait_for()
    assert key in page.locator('section[data-status="triaged"]').inner_text()


def test_a_finger_drags_after_a_long_press_and_scrolls_without(
    chromium: Any, served: str, demo: str
) -> None:
    context = chromium.new_context(
        base_url=served, viewport={"width": 390, "height": 844}, has_touch=True
    )
    context.add_cookies([{"name": "feedback_actor", "value": "%E6%9E%97%E6%99%93", "url": served}])
    page = context.new_page()
    page.goto("/topics")
    topic = page.locator("[data-theme]").first.locator("li[data-topic]").last
    name = topic.locator(".name").inner_text()
    place = page.locator("[data-theme]").nth(1)
    inside = place.get_attribute("data-theme")
    finger = context.new_cdp_session(page)

    start = middle(topic.locator(".name"))
    with touching(finger, start, (start[0], start[1] - 40), press=0):
        assert page.locator(".ghost").count() == 0
    page.goto("/topics")  # at rest again
    place.locator("h2").evaluate("heading => heading.scrollIntoView({block: 'center'})")
    with touching(finger, middle(topic.locator(".name")), middle(place.locator("h2")), press=500):
        assert page.locator(".ghost").count() == 1
    page.locator(".toast", has_text="移到了").wait_for()
    assert name in page.locator(f'[data-theme="{inside}"]').inner_text()

    key = request_key(demo, CRASH)
    page.goto("/requests?view=board")
    tile = page.locator("li.tile", has_text=key).first
    start = middle(tile.locator(".name"))
    column = page.locator('section[data-status="triaged"]')
    with touching(finger, start, (362, start[1]), press=500):  # the edge, where the next one begins
        page.locator('section[data-status="triaged"].over').wait_for()
    page.locator(".toast").wait_for()
    assert key in column.inner_text()
    context.close()


def middle(place: Any) -> tuple[float, float]:
    """Return where one would put a finger on something."""
    box = place.bounding_box()
    return box["x"] + min(box["width"], 60) / 2, box["y"] + box["height"] / 2


@contextmanager
def touching(
    finger: Any, start: tuple[float, float], end: tuple[float, float], *, press: int
) -> Iterator[None]:
    """Put a finger down by the browser's own input, hold it for so many ms, move it; lift it last."""

    def send(kind: str, *points: tuple[float, float]) -> None:
        at = [{"x": x, "y": y} for x, y in points]
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": at})

    send("touchStart", start)
    time.sleep(press / 1000)
    for step in range(1, 11):
        x, y = (a + (b - a) * step / 10 for a, b in zip(start, end, strict=True))
        send("touchMove", (x, y))
        time.sleep(0.02)
    yield
    send("touchEnd")


def test_ticked_requests_change_together(page: Any) -> None:
    page.goto("/requests")
    ticks = page.locator('input[name="key"]')
    ticks.nth(0).check()
    ticks.nth(1).check()
    page.locator('#bulk input[name="owner"]').fill("老周")
    page.get_by_role("button", name="一起改").click()
    assert "2 个需求改好了" in told(page)
    assert page.locator('tbody input[name="owner"]').nth(1).input_value() == "老周"
    page.get_by_role("button", name="撤销").click()
    assert "都改回去了" in told(page)
    assert page.locator('tbody input[name="owner"]').nth(1).input_value() != "老周"


def test_evidence_that_is_ticked_is_taken_out_and_comes_back(page: Any, demo: str) -> None:
    page.goto(f"/requests/{request_key(demo, CRASH)}")
    first = page.locator(".piece .quote").first.inner_text()
    page.locator('.piece input[name="unit"]').first.check()
    page.get_by_role("button", name="剔除").click()
    assert "1 条证据剔除了" in told(page)
    assert page.locator(".piece .quote").first.inner_text() != first
    page.get_by_role("button", name="撤销").click()
    assert "1 条证据回到了" in told(page)
    assert page.locator(".piece .quote").first.inner_text() == first


def test_merge_what_is_one_matter_from_the_week(page: Any) -> None:
    page.goto("/")
    strip = page.locator(".similar")
    strip.get_by_role("button", name=re.compile("并入")).first.click()
    assert "并入了" in told(page)
    assert page.url.rstrip("/").count("/") == 2  # still on the week


def test_judge_the_sample(page: Any) -> None:
    page.goto("/data/sample")
    row = page.locator(".judge").first
    row.get_by_text("负面", exact=True).click()
    row.get_by_text("故障", exact=True).or_(
        row.locator(".picks").nth(1).locator("span").first
    ).first.click()
    page.get_by_role("button", name="提交").click()
    assert "收下 1 句" in told(page)
    assert "95% 把握在" in page.locator("#accuracy").inner_text()


def test_mark_an_alert(page: Any) -> None:
    page.goto("/alerts")
    page.get_by_role("button", name="有用").first.click()
    assert "记下了：有用" in told(page)
    assert page.locator('button[aria-pressed="true"]', has_text="有用").count() == 1


def test_reweigh_while_the_slider_moves_and_save(page: Any) -> None:
    page.goto("/requests")
    page.locator("summary", has_text="换一组权重").click()
    slider = page.locator("#w_people")
    slider.focus()
    page.keyboard.press("End")
    page.locator("#ranking .banner", has_text="试排").wait_for()
    scheme = page.locator('form[action="/requests/schemes"]')
    scheme.locator('input[name="name"]').fill("只看人数")
    scheme.get_by_role("button", name="保存").click()
    assert "只看人数" in told(page)
    assert page.locator("#w_people").input_value() == "100"


def test_keyboard(page: Any) -> None:
    page.goto("/feedback?week=2026-W47")
    for key in "jjk":
        page.keyboard.press(key)
    assert page.locator("[data-row].at").count() == 1
    page.keyboard.press("e")
    page.locator(".drawer.open").wait_for()
    page.keyboard.press("m")
    assert page.locator('.drawer details[data-edit="topic"][open]').count() == 1
    page.keyboard.press("Escape")
    page.locator(".drawer.open").wait_for(state="hidden")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "q"
