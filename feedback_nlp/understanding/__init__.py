"""Reads one text: units, sentiment, intent, signals. ``engine`` runs the stages in order."""
