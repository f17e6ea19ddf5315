"""Work against the store: each job reads, calls the pipeline or a stage, and writes.

Jobs may be killed at any point and started again; each says in its docstring why that
is safe.
"""
