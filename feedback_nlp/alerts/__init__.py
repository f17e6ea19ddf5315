"""Alerts: new topics, spikes and relapses, against baselines that know the calendar.

Pure: daily counts in, alerts out.
"""

from feedback_nlp.alerts.daily import DailyPeople
from feedback_nlp.alerts.find import Alert, find_alerts

__all__ = ["Alert", "DailyPeople", "find_alerts"]
