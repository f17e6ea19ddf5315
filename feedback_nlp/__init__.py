"""feedback-nlp: a self-hosted voice-of-customer engine for Chinese feedback.

Start reading at :mod:`feedback_nlp.pipeline`, which is the only module that
knows the order of the stages.
"""

__version__ = "0.1.0"
