"""Services get codes and tokens for a person's sign-in; this package issues, redeems and judges them.

`codes` and `tokens` issue and redeem; `retries` answers a service that asks again; `validity` defines a valid grant.
An operation is one statement where possible: it is atomic, and row locks let exactly one of two racing operations win.
"""
