"""The rows of the kernel: roles, entitlements, ceilings and assignments."""
