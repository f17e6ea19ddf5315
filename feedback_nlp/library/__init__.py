"""The engine in Python: texts, data frames and scikit-learn, without files or a database.

``feedback_nlp`` itself offers :class:`~feedback_nlp.library.pipeline.Pipeline` and the
records it returns. pandas, polars and scikit-learn are imported only where they are used.
"""
