"""The front of the web process collects a request's whole body before a worker thread is taken (ADR-13)."""
