"""Codes and tokens that services get for a person's sign-in, and whether they are still valid.

`codes` and `tokens` issue and redeem; `validity` is the only definition of a valid grant. An operation is one statement
where possible: it is atomic, and row locks let exactly one of two racing operations win.
"""
