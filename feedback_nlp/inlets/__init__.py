"""What comes in by itself: pushes of survey, feedback and support systems, as one kind of event.

::

    Delivery ── Connector.verify (raw bytes) ── Connector.read ──> Event: put, delete, test, ignore

Connectors are pure; :mod:`feedback_nlp.jobs.receive` puts events into the store.
"""
