"""Reading feedback in bulk: inputs cut into chunks, chunks scored anywhere, results in order.

::

    inputs → chunks ─┬─ worker: parse, read, encode ─┬→ output, in order
                     └─ worker: parse, read, encode ─┘

A chunk is cut by the input alone and its result depends on nothing but the chunk and the
:class:`~feedback_nlp.batch.plan.RowPlan`, so the bytes that come out are the same for any
number of workers and any number of interruptions. What is dear (parsing JSON, reading,
rendering) is done by the workers; between processes travel lines of text and finished
bytes, never rows of Python objects where the format allows it.
"""
