"""The unit of work of every command: locks, idempotency, events and refusals."""
