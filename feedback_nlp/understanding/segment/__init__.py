"""Cuts feedback into units: the smallest stretches that make one point."""

from feedback_nlp.understanding.segment.segmenter import Segmenter

__all__ = ["Segmenter"]
