"""Surveys with one answer a row: whose answers belong together, and what is none."""

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from feedback_nlp.ingest import open_source
from feedback_nlp.records import RawItem, Rejection

CHINA = ZoneInfo("Asia/Shanghai")
HEAD = "答卷编号,提交时间,题型,题目,答案"
SHEETS = {
    "A1": ("5", "工具箱送得全，螺丝都分了袋", "说明书字太小"),
    "A2": ("2", "约好上午来，傍晚才到", ""),
    "A3": ("4", "师傅戴了鞋套，收尾也扫干净了", "能不能提前一小时打招呼"),
}


def rows_of(name, stars, worst, wish):
    asked = (("量表", "您对安装的总体满意度", stars), ("填空", "印象最深的一件事", worst))
    said = [*asked, ("填空", "还有什么想说的", wish)]
    return [f"{name},2026-03-02 10:0{stars}:00,{kind},{q},{a}" for kind, q, a in said if a]


def read(tmp_path: Path, lines, name="长表.csv"):
    path = tmp_path / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    with open_source(path, zone=CHINA) as reading:
        items = list(reading.items)
        return reading, [item for item in items if isinstance(item, RawItem)], items


def test_each_open_answer_is_a_feedback_with_the_stars_and_thread_of_its_sheet(tmp_path):
    lines = [HEAD, *(row for name, said in SHEETS.items() for row in rows_of(name, *said))]
    reading, said, items = read(tmp_path, lines)
    assert {(item.text, item.rating, item.thread_key) for item in said} == {
        ("工具箱送得全，螺丝都分了袋", 5, "A1"),
        ("说明书字太小", 5, "A1"),
        ("约好上午来，傍晚才到", 2, "A2"),
        ("师傅戴了鞋套，收尾也扫干净了", 4, "A3"),
        ("能不能提前一小时打招呼", 4, "A3"),
    }
    assert len({item.source_key for item in said}) == len(said) == len(items)
    assert reading.kind == "survey"
    assert said[0].meta["question"] == "印象最深的一件事"
    assert "一行是一道题的答案" in "；".join(reading.notes)


def test_rows_sorted_by_question_give_the_same_feedback(tmp_path):
    by_sheet = [row for name, said in SHEETS.items() for row in rows_of(name, *said)]
    by_question = sorted(by_sheet, key=lambda row: row.split(",")[3])
    _, one, _ = read(tmp_path, [HEAD, *by_sheet])
    _, other, _ = read(tmp_path, [HEAD, *by_question])

    def told(said):
        return {(i.source_key, i.text, i.rating, i.thread_key) for i in said}

    assert told(one) == told(other)


def test_who_answered_is_the_author_and_one_person_may_judge_two_courses(tmp_path):
    head = "学号,课程名称,评价指标,指标类型,得分,主观回答"
    lines = [head]
    for number, said in (("3101", "板书清楚"), ("3102", "作业批得细"), ("3103", "讲得太赶")):
        for course in ("测量学", "制图"):
            lines += [
                f"{number},{course},内容充实,评分,4,",
                f"{number},{course},意见和建议,文本,,{course}{said}",
            ]
    _, said, _ = read(tmp_path, lines)
    assert len(said) == 6
    assert {item.author for item in said} == {"3101", "3102", "3103"}
    assert {item.meta["课程名称"] for item in said if item.author == "3101"} == {"测量学", "制图"}
    assert not any("310" in item.source_key[:4] for item in said)


def test_choices_of_one_question_are_one_answer_and_no_text(tmp_path):
    head = "respondent_id,submitted_at,question,answer"
    lines = [head]
    for n, worst in enumerate(("天窗漏雨，后座全湿", "车机地图三年没更新", "第三排坐不了大人")):
        who = f"r{n},2026-03-0{n + 1} 09:00:00"
        lines += [f"{who},你常去哪里？,上班", f"{who},你常去哪里？,郊游"]
        lines += [f"{who},你最不满意的是什么？,{worst}"]
    _, said, _ = read(tmp_path, lines)
    assert [item.text for item in said] == [
        "天窗漏雨，后座全湿",
        "车机地图三年没更新",
        "第三排坐不了大人",
    ]
    assert said[0].meta["你常去哪里？"] == "上班┋郊游"
    assert [item.author for item in said] == ["r0", "r1", "r2"]


def test_a_question_that_comes_late_is_refused_with_its_line(tmp_path):
    lines = [HEAD]
    for n in range(3_000):
        lines += rows_of(f"B{n}", "3", f"第{n}次换的滤芯还是漏水", "")
    lines.append("B2999,2026-03-02 10:03:00,填空,临时加的一题,这句话在第五千行之后")
    _, said, items = read(tmp_path, lines)
    assert len(said) == 3_000
    refused = [item for item in items if isinstance(item, Rejection)]
    assert [(item.line, item.reason) for item in refused] == [(6_002, "question-unknown")]


@pytest.mark.parametrize(
    "lines",
    [
        # A robot's log: whoever asks the same is told the same.
        [
            "用户ID,时间,question,answer",
            *(
                f"u{n},2026-03-0{n + 1},{q},{a}"
                for n in range(4)
                for q, a in (("怎么退票", "在订单页点退票"), ("怎么改签", "在订单页点改签"))
            ),
        ],
        # Tickets with a kind of problem: nobody was asked anything.
        [
            "用户ID,提交时间,问题,反馈内容",
            *(
                f"u{n},2026-03-0{n + 1},{kind},{kind}以后第{n}页打不开"
                for n in range(4)
                for kind in ("登录", "支付")
            ),
        ],
    ],
    ids=["robot", "tickets"],
)
def test_rows_that_are_no_answers_stay_rows(tmp_path, lines):
    reading, _, items = read(tmp_path, lines)
    assert len(items) == len(lines) - 1
    assert "一行是一道题的答案" not in "；".join(reading.notes)
