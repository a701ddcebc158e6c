"""The kernel owns the rows of roles, entitlements, ceilings and assignments."""
