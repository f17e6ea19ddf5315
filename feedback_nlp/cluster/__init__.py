"""The same reading on a cluster of Apache Spark (extra ``[spark]``): see ``docs/cluster.md``.

``frames`` reads data frames, for notebooks; ``job`` reads folders and tables chunk by chunk,
so that a killed driver goes on where it was; ``submit`` is that as a script for
``spark-submit``. ``executor`` is what runs on the other machines.
"""

from feedback_nlp.cluster.frames import Discovery, classify, discover
from feedback_nlp.cluster.job import ClusterJob, ClusterReport, run

__all__ = ["ClusterJob", "ClusterReport", "Discovery", "classify", "discover", "run"]
