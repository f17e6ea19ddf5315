"""What people change besides requests: topics, and the words of the dictionary.

Each change is one function that says who and when; it can be taken back, and the analysis
holds on to it. The edges call these, never the tables.
"""

from feedback_nlp.editing.edit import Edit

__all__ = ["Edit"]
