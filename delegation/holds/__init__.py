"""The supplier stops an application or an entitlement of one organization for a while; no right is removed."""
