"""Every service on a request: sync with topics, moving through the loop, evidence, reading.

Used by the command line, the API and the jobs alike; nothing here commits.
"""
