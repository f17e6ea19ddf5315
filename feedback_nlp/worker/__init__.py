"""What is done beside the service: analyses, digests, and whatever is queued.

``plans`` says what is due, ``handlers`` does it, ``loop`` claims jobs and keeps their leases;
the queue itself is :mod:`feedback_nlp.store.job_queue`.
"""

from feedback_nlp.worker.loop import Worker
from feedback_nlp.worker.workplace import Beat, Later, Workplace

__all__ = ["Beat", "Later", "Worker", "Workplace"]
