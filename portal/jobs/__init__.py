"""How a worker takes jobs from the queue, which others may be able to write."""
