"""The renderer of charts ends the process at a character that XML forbids: none reaches it."""

from __future__ import annotations

from feedback_nlp.labels import Measure
from feedback_nlp.report.charts import heat_map_png, heat_map_svg
from feedback_nlp.report.heat import HeatMap
from feedback_nlp.week.item_records import Count

_ODD = "".join(map(chr, [*range(32), *range(127, 160), 0xD800, 0xDFFF, 0xFFFE, 0xFFFF, 0x1FFFF]))
_SPECIAL = "<b>&amp;\"'</b> ]]> 👍🏻 𰻝"


def odd_map() -> HeatMap:
    people = ((Count(3, Measure.PEOPLE, {}),) * 2, (Count(0, Measure.PEOPLE, {}),) * 2)
    names = ((1, f"闪退{_ODD}"), (2, _SPECIAL))
    return HeatMap("week", f"主题{_ODD}", _SPECIAL + _ODD, (f"渠道{_ODD}", _SPECIAL), names, people)


def test_no_name_ends_the_process_that_draws_it() -> None:
    drawn = heat_map_svg(odd_map())
    assert "闪退" in drawn
    assert "<b>" not in drawn
    assert heat_map_png(odd_map()).startswith(b"\x89PNG")
