import pytest
from rich.cells import cell_len

from feedback_nlp.cli.lists import fold, print_folded
from feedback_nlp.cli.terminal import out

NOTE = "都说到“车位”、“续费”、“退卡”；43% 的观点次近的就是对方，只有 5.2.10 版会“闪退”（应用市场，11月20日）。"


@pytest.mark.parametrize("room", range(16, 60))
def test_a_folded_text_keeps_every_sign_and_fits(room):
    lines = fold(NOTE, room)
    assert "".join(lines).replace(" ", "") == NOTE.replace(" ", "")
    assert max(map(cell_len, lines)) <= room
    assert not any(line[0] in "，。、；：”）%" or line[-1] in "“（" for line in lines)
    assert any("5.2.10" in line for line in lines), "a number is not cut"


def test_what_is_longer_than_a_line_is_cut():
    address = "https://example.com/" + "a" * 40
    assert fold(address, 20) == [address[:20], address[20:40], address[40:]]


def test_a_mark_at_the_edge_is_printed(capsys, monkeypatch):
    monkeypatch.setattr(out, "_width", 10)
    print_folded("一二三四五。六七八九”")
    assert capsys.readouterr().out.split() == ["一二三四", "五。六七八", "九”"]
