"""XML: records come out whole, a broken end is said, nothing is fetched or unfolded."""

import io

import pytest

from feedback_nlp.errors import FileUnreadable
from feedback_nlp.records import Rejection
from feedback_nlp.tabular import Row, open_table, read_rows

ORDERS = """<?xml version="1.0" encoding="gb2312"?>
<export><made>2026-03-02</made><list>
<order no="1"><shop><name>东门店</name></shop><say>汤太咸了</say><tag>慢</tag><tag>咸</tag></order>
<order no="2"><shop><name>西门店</name></shop><say><![CDATA[好吃 <3]]></say><star value="5"/></order>
</list></export>"""


def read(data: bytes):
    return list(read_rows(io.BytesIO(data)))


def test_the_element_that_repeats_is_the_record():
    assert read(ORDERS.encode("gb18030")) == [
        Row(1, {"no": "1", "shop": {"name": "东门店"}, "say": "汤太咸了", "tag": ["慢", "咸"]}),
        Row(2, {"no": "2", "shop": {"name": "西门店"}, "say": "好吃 <3", "star": "5"}),
    ]


def test_control_characters_in_words_are_left_out():
    rows = read('<i><d p="1">好\x08看</d><d p="2">行</d></i>'.encode())
    assert [row.values["content"] for row in rows] == ["好看", "行"]


def test_what_comes_before_a_break_is_kept_and_the_break_said():
    rows = read("<i><d>好看</d><d>真好</d><d>断".encode())
    assert [row.values["content"] for row in rows[:2]] == ["好看", "真好"]
    assert isinstance(rows[-1], Rejection)
    assert rows[-1].reason == "file-damaged"


def test_entities_of_other_files_are_not_fetched(tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("机密", encoding="utf-8")
    data = f'<!DOCTYPE i [<!ENTITY f SYSTEM "file://{secret}">]><i><d>&f;一</d><d>二</d></i>'
    rows = read(data.encode())
    assert "机密" not in str(rows)
    assert rows[-1].values["content"] == "二"


def test_entities_are_not_unfolded():
    bombs = "".join(f'<!ENTITY b{n} "{f"&b{n - 1};" * 10}">' for n in range(1, 9))
    data = f'<!DOCTYPE i [<!ENTITY b0 "哈哈">{bombs}]><i><d>一</d><d>&b8;二</d></i>'
    try:
        shown = str(read(data.encode()))
    except FileUnreadable:
        return
    assert len(shown) < 1_000


@pytest.mark.parametrize("data", ["<i></i>", "<note>就一句话</note>", "<a"])
def test_xml_without_records_is_refused(data):
    with pytest.raises(FileUnreadable):
        read(data.encode())


def test_pages_without_a_table_are_refused_as_before():
    with (
        pytest.raises(FileUnreadable, match="网页"),
        open_table(io.BytesIO("<!DOCTYPE html><html><p>你好</p></html>".encode())),
    ):
        pass


def test_a_workbook_saved_as_xml_fills_merged_cells():
    data = """<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"
 xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet ss:Name="空"><Table/></Worksheet>
<Worksheet ss:Name="评价"><Table>
<Row><Cell><Data>门店</Data></Cell><Cell><Data>评价内容</Data></Cell><Cell><Data>星级</Data></Cell></Row>
<Row><Cell ss:MergeDown="1"><Data>东门店</Data></Cell><Cell><Data>太咸</Data></Cell><Cell><Data>2</Data></Cell></Row>
<Row><Cell ss:Index="3"><Data>5</Data></Cell></Row>
<Row><Cell><Data>西门店</Data></Cell><Cell ss:Index="3"><Data>4</Data></Cell></Row>
</Table></Worksheet></Workbook>"""
    assert [tuple(row.values.values()) for row in read(data.encode())] == [
        ("东门店", "太咸", "2"),
        ("东门店", "", "5"),
        ("西门店", "", "4"),
    ]
