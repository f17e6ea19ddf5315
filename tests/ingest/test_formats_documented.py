from pathlib import Path

import pytest

from feedback_nlp.ingest import FIELDS
from feedback_nlp.ingest.layouts import layouts
from feedback_nlp.ingest.surveys import survey_layouts

DOCUMENT = (Path(__file__).parents[2] / "docs" / "formats.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("layout", [*layouts(), *survey_layouts()], ids=lambda layout: layout.name)
def test_every_layout_is_documented(layout):
    assert f"`{layout.name}`" in DOCUMENT
    assert layout.label in DOCUMENT


@pytest.mark.parametrize("field", FIELDS)
def test_every_field_is_documented(field):
    assert f"`{field}` {FIELDS[field]}" in DOCUMENT
