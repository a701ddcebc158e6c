"""Members read the log of their own organization."""
