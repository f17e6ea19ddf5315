import json

import pytest
import typer
from typer.testing import CliRunner

from feedback_nlp.cli import export, loop, request_add, requests
from feedback_nlp.cli.terminal import out
from feedback_nlp.config import load_config
from feedback_nlp.errors import Conflict, InputError, NotFound, TransitionNotAllowed
from feedback_nlp.requests.sync import sync_requests
from tests.week.six_weeks import NOW, PLAN, ZONE, six_weeks

app = typer.Typer()
requests.register(app)
request_add.register(app)
loop.register(app)
export.register(app)


@pytest.fixture
def run(new_database_url, monkeypatch):
    monkeypatch.setattr(out, "_width", 120)
    url = new_database_url()
    with six_weeks(url) as (database, _), database.write() as session:
        sync_requests(session, load_config().rank, zone=ZONE, now=NOW)

    def invoke(*arguments):
        return CliRunner().invoke(app, [*arguments, "--db", url], catch_exceptions=False).output

    return invoke


def test_list_show_and_move(run):
    listed = json.loads(run("requests", "--json"))
    assert listed[0]["title"] == "上传照片闪退"
    assert [row["priority"] for row in listed] == sorted(
        (row["priority"] for row in listed), reverse=True
    )
    key = listed[0]["key"]
    assert "上传照片闪退" in run("requests")

    text = run("request", key.lower(), "--to", "已排期", "--actor", "小王")
    assert "状态 已排期（反馈者看到：已计划）" in text
    assert f"通知：待发 {sum(PLAN['上传照片闪退'])}" in text
    assert "小王 新建 → 已排期" in text
    assert [row["key"] for row in json.loads(run("requests", "--status", "planned", "--json"))] == [
        key
    ]

    shown = json.loads(run("request", key, "--json"))
    assert shown["evidence_count"] == sum(PLAN["上传照片闪退"])
    assert [event["to_status"] for event in shown["history"]] == ["new", "planned"]
    assert "released" in shown["allowed"]


def test_a_list_narrowed_to_none_asks_for_no_analysis(run):
    text = run("requests", "--status", "released")
    assert "没有符合条件的需求" in text
    assert "analyze" not in text


@pytest.mark.parametrize("order", ["rice", "ice"])
def test_other_scores_order_the_list_and_follow_the_effort(run, order):
    listed = json.loads(run("requests", "--by", order, "--json"))
    scores = [row[order] for row in listed]
    assert scores == sorted(scores, reverse=True)
    last = listed[-1]["key"]
    assert [row["key"] for row in json.loads(run("requests", "--by", order, "-n1", "--json"))] == [
        listed[0]["key"]
    ]
    run("request", last, "--effort", "0.0", "--strategic", "1.0")
    after = {row["key"]: row[order] for row in json.loads(run("requests", "--json"))}
    assert after[last] > scores[-1]
    assert "RICE" in run("requests")


def test_refusals_say_what_is_possible(run):
    with pytest.raises(TransitionNotAllowed, match="triaged"):
        run("request", "REQ-1", "--to", "closed", "--actor", "小王")
    with pytest.raises(InputError, match="理由"):
        run("request", "REQ-1", "--to", "declined", "--actor", "小王")
    with pytest.raises(InputError, match="planned（已排期）"):
        run("request", "REQ-1", "--to", "someday", "--actor", "小王")
    with pytest.raises(NotFound, match="REQ-77"):
        run("request", "REQ-77")


def test_estimates_change_the_priority(run):
    before = json.loads(run("request", "REQ-2", "--json"))
    run("request", "REQ-2", "--effort", "0.1", "--strategic", "1", "--owner", "小李")
    after = json.loads(run("request", "REQ-2", "--json"))
    assert after["priority"] > before["priority"]
    assert after["owner"] == "小李"
    assert after["status"] == "new"


def test_one_who_saw_another_state_is_told_what_happened(run):
    run("request", "REQ-1", "--to", "planned", "--actor", "小王", "--expect", "new")
    for seen in ("new", "新建", "1"):
        with pytest.raises(Conflict, match=r"小王在 .+ 把它从“新建”改成了“已排期”"):
            run("request", "REQ-1", "--to", "triaged", "--actor", "小李", "--expect", seen)
    text = run("request", "REQ-1", "--to", "in_progress", "--actor", "小李", "--expect", "2")
    assert "状态 开发中" in text


def test_edits_have_an_actor_and_a_history(run):
    text = run(
        "request",
        "REQ-1",
        "--owner",
        "小李",
        "--due",
        "2026-12-31",
        "--actor",
        "小王",
        "--reason",
        "评审会定的",
    )
    assert "截止 2026-12-31" in text
    assert "小王 改了负责人（未填 → 小李）、截止日（未填 → 2026-12-31）：评审会定的" in text
    text = run("request", "REQ-1", "--owner", "", "--effort", "0", "--title", "照片传不上去")
    assert "照片传不上去" in text
    assert "命令行 改了" in text
    shown = json.loads(run("request", "REQ-1", "--json"))
    assert (shown["owner"], shown["effort"], shown["version"]) == (None, 0.0, 3)
    with pytest.raises(InputError, match="明天"):
        run("request", "REQ-1", "--due", "明天")


def test_a_request_is_made_linked_and_given_evidence_with_reasons(run):
    why = ("--actor", "林晓", "--reason", "老客户要的")
    made = json.loads(run("request-add", "--title", "批量导出", "--owner", "小李", *why, "--json"))
    assert made == {"key": made["key"], "created": True}
    assert "以前提过" in run("request-add", "--title", "批量导出", "--actor", "林晓")
    key = made["key"]
    unit = json.loads(run("request", "REQ-1", "--json"))["quotes"][0]["unit_id"]
    text = run("request", key, "--evidence", str(unit), "--link", "REQ-1", *why)
    assert "林晓 新建：老客户要的" in text
    assert "林晓 关联了（相关 REQ-1）：老客户要的" in text
    assert "林晓 加了一条证据：老客户要的" in text
    assert "负责人 小李；1 人、1 条原话" in text
    text = run(
        "request", key, "--drop-evidence", str(unit), "--actor", "林晓", "--reason", "看错了"
    )
    assert "林晓 拿掉了一条证据：看错了" in text


def test_evidence_is_moved_to_another_request_and_comes_back(run):
    made = json.loads(run("request-add", "--title", "批量导出", "--actor", "林晓", "--json"))
    unit = str(json.loads(run("request", "REQ-1", "--json"))["quotes"][0]["unit_id"])
    before = json.loads(run("request", "REQ-1", "--json"))["evidence_count"]
    chosen = ("--move-evidence", unit, "--actor", "林晓")
    text = run("request", "REQ-1", *chosen, "--move-to", made["key"])
    assert f"1 条证据移到了 {made['key']}；撤销：feedback-nlp request REQ-1 --undo-move" in text
    assert "1 人、1 条原话" in run("request", made["key"])
    assert "1 条证据回到了 REQ-1" in run("request", "REQ-1", "--undo-move", "--actor", "林晓")
    assert "剔除了 1 条证据" in run("request", "REQ-1", *chosen)
    assert json.loads(run("request", "REQ-1", "--json"))["evidence_count"] == before - 1
    with pytest.raises(InputError, match="移走哪些证据"):
        run("request", "REQ-1", "--move-to", made["key"], "--actor", "林晓")
    with pytest.raises(Conflict, match="不是 REQ-1 的证据"):
        run("request", "REQ-1", *chosen)


def test_plans_comments_and_the_card(run):
    link = "https://tapd.example/stories/12"
    planned = ("--release", "3.3", "--label", "相册", "--label", "安卓", "--tracker", link)
    text = run("request", "REQ-1", *planned, "--comment", "下周给方案", "--actor", "林晓")
    assert "计划版本 3.3；标签 相册、安卓" in text
    assert f"任务：{link}" in text
    assert "林晓 评论：下周给方案" in text
    assert "在“新建”" in text
    shown = json.loads(run("request", "REQ-1", "--json"))
    assert (shown["target_release"], shown["labels"]) == ("3.3", ["相册", "安卓"])
    assert shown["comments"][0]["text"] == "下周给方案"
    assert shown["clock"]["limit"] == 3
    assert run("request", "REQ-1", "--card").startswith("## REQ-1 ")
    assert json.loads(run("request", "REQ-1", "--label", "", "--json"))["labels"] == []


def test_a_reason_is_offered_when_the_same_is_asked_again(run):
    run("request", "REQ-1", "--to", "declined", "--reason", "与隐私政策冲突", "--actor", "林晓")
    again = ("--to", "reopened", "--reason", "又有人提", "--actor", "小王", "--expect", "declined")
    text = run("request", "REQ-1", *again)
    assert "以前不采纳同样的诉求，理由是：与隐私政策冲突（REQ-1）" in text


def test_the_loop_in_figures(run):
    assert "那时还没有需求；现在的需求看" in run("loop", "--week", "2026-W47")
    assert f"{len(PLAN)} 条需求，还没有答复过谁" in run("loop", "--week", "2090-W02")
    figures = json.loads(run("loop", "--week", "2090-W02", "--json"))
    assert (figures["requests"], figures["closed"]) == (len(PLAN), 0)
    run("request", "REQ-1", "--to", "declined", "--reason", "排不上", "--actor", "林晓")
    text = run("loop", "--week", "2090-W02")
    assert f"闭环率 {1 / len(PLAN):.0%}（{len(PLAN)} 个需求里 1 个" in text


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet", ".xlsx"])
def test_an_export_carries_the_plan(run, tmp_path, suffix):
    run("request", "REQ-1", "--due", "2026-12-31", "--release", "3.3", "--label", "相册")
    path = tmp_path / f"requests{suffix}"
    run("export", "requests", "-o", str(path))
    assert path.stat().st_size > 0
    if suffix == ".jsonl":
        lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        (first,) = [line for line in lines if line["key"] == "REQ-1"]
        assert (first["due"], first["target_release"], first["labels"]) == (
            "2026-12-31",
            "3.3",
            ["相册"],
        )
