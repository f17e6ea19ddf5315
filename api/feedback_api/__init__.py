"""The HTTP service: an app factory, routes a matter, shapes, and errors as RFC 9457 problems.

Reads and writes go through ``feedback_nlp.store`` and the jobs, as on the command line;
nothing is decided here. CPU work and database work run in ``def`` endpoints, which
Starlette puts on its thread pool.
"""

from feedback_api.app import create_app

__all__ = ["create_app"]
