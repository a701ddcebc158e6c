"""A checkpoint is a signed statement about the whole log at one size, kept as a file outside the database.

Its form is C2SP's tlog-checkpoint. Only the deliverer signs; the web process reads the public keys alone.
"""
