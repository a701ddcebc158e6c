"""What is issued to services for a person's sign-in, and whether it still holds.

`codes` and `tokens` issue and redeem, `force` is the one place that says when something issued holds, `sign_ins` keeps
the `sid`s. Every operation is one statement where it can be: it is done wholly or not at all, and the database's row
locks let exactly one of two that race win.
"""
