"""What leaves the deployment: messages, the port that senders share, and a careful client.

::

    Message ── Sender.parts ──> parts, one outgoing request each, kept in the outbox
    part ───── Sender.send ───> Outcome: sent, try again, refused, or nobody knows

Nothing here knows the database: :mod:`feedback_nlp.store.outbox` keeps what is owed,
:mod:`feedback_nlp.jobs.deliver` brings both together.
"""
