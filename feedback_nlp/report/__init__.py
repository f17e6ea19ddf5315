"""The digest: what changed this week, as records and as pages people read.

``digest`` holds the records, ``movement`` decides what is new, rising, falling or gone;
each renderer (JSON, Markdown, HTML, Excel) takes the records and returns text or bytes.
"""
