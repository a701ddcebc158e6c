"""The supplier's catalogue of roles and entitlements, and each organization's ceilings."""
