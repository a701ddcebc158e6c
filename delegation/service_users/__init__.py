"""Admins give programs of their organization a service user for the REST API."""
