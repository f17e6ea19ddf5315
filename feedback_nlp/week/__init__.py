"""What the weekly (or monthly) digest says, as data.

``records`` holds the shapes; ``figures`` puts a digest together from counts, topics, ratings,
loop and quotes; ``counting`` counts any printed number again with one plain query. Renderers
live in :mod:`feedback_nlp.report`.
"""
