"""Monitoring of a deployment: log-based metrics, objectives, a dashboard, alerts and a budget.

monitoring.py creates all of it. For the alerts, alerts.py has the list, conditions.py and policies.py the form,
runbooks.py the texts and channels.py the recipients. Filters of time series are in metric_filters.py.
"""
