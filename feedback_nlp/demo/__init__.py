"""The demo: six weeks of invented feedback about an invented app, with planted facts."""

from __future__ import annotations

from feedback_nlp.demo.generator import generate, generate_with
from feedback_nlp.demo.manifest import DemoFile, Fact, Manifest
from feedback_nlp.demo.plan import Plan, Spike

__all__ = ["DemoFile", "Fact", "Manifest", "Plan", "Spike", "generate", "generate_with"]
