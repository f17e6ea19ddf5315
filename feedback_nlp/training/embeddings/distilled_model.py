"""Writes a distilled student as a model folder: int8 table, terms, manifest, card."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from feedback_nlp.artifacts import save_artifact
from feedback_nlp.embed.port import normalized
from feedback_nlp.embed.static import expand, pack
from feedback_nlp.training.embeddings.distil import Distilled, DistilSettings

_CARD = """\
# Static embeddings

One int8 vector a word and a character ({terms} terms, {dimensions} dimensions), added up
and scaled to unit length. Distilled by `feedback_nlp.training.embeddings.distil`.

- Teacher: {teacher}
- Trained on: {data}
- Texts: {texts}
- Mean cosine to the teacher's space: {train_cosine} on the training texts, {holdout_cosine} on texts kept out
- Rebuilt by: `{command}`
"""


def save_distilled(
    folder: Path,
    student: Distilled,
    settings: DistilSettings,
    *,
    teacher: str,
    trained_on: list[str],
    command: str,
) -> dict[str, Any]:
    """Write ``student`` to ``folder`` and return its figures.

    Args:
        folder: Target; made if missing.
        student: What :func:`feedback_nlp.training.embeddings.distil.distil` returned.
        settings: How it was trained; kept in the folder's configuration.
        teacher: Backend and model, or the name of the file of vectors.
        trained_on: Names of the data sets.
        command: The command that rebuilds it.
    """
    tensors = pack(student.terms, student.table)
    stored = expand(tensors["rows"], tensors["scales"])
    loss = 1.0 - float(np.einsum("td,td->t", normalized(stored), normalized(student.table)).mean())
    figures: dict[str, Any] = {
        "terms": len(student.terms),
        "dimensions": int(student.table.shape[1]),
        "texts": student.text_count,
        "train_cosine": round(student.train_cosine, 4),
        "holdout_cosine": None
        if student.holdout_cosine is None
        else round(student.holdout_cosine, 4),
        "quantisation_cosine_loss": round(loss, 6),
    }
    save_artifact(
        folder,
        tensors=tensors,
        config={"teacher": teacher, "settings": asdict(settings)},
        figures=figures,
        trained_on=trained_on,
        command=command,
    )
    card = _CARD.format(teacher=teacher, data=", ".join(trained_on), command=command, **figures)
    (folder / "card.md").write_text(card, encoding="utf-8")
    return figures
