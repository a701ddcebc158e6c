"""Every command is one unit of work: it takes locks, stores its idempotency key, and records events or a refusal."""
