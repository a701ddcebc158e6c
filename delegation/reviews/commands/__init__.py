"""The commands start and stop a review, decide its lines, and settle what time decides."""
