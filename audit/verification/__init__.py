"""Verification names each inconsistency of the log, one module for each thing that it reads.

A log that was truncated at its end, or rewritten as a whole, is consistent: finding that needs a checkpoint stored
outside the database.
"""
