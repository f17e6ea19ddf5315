"""How ``models/topic_metric`` is made."""
