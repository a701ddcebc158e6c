"""A worker takes jobs from a queue which others may be able to write."""
