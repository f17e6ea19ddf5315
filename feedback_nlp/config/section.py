"""What every section of ``pipeline.toml`` is: frozen, and closed to names it does not know."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A section of the configuration."""

    # One schema of the whole, built when the file is read, instead of one more a section.
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)
