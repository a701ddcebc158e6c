"""A customer without a working admin gets one by proofs, two people of the staff, and a time in which others object."""
