"""Compares tables with the state that follows from the events: `manage.py audit verify --state`."""
