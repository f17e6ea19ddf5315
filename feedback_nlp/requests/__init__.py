"""Every service on a request. Used by the command line, the API and the jobs alike.

::

    people    moving.move_request   estimating.edit_request   making.make_request
    analysis  sync.sync_requests    moving.apply_transition
    under     locking (one writer at a time)   versions (who was faster)
              evidence   priorities   notices
    reading   reading (list, one)   quoting (what people said)   quotes (a few that differ)

Nothing here commits: a change, its events and what follows from it are one transaction
of the caller's.
"""
