"""Adapts the shipped heads to what people of one company corrected."""
