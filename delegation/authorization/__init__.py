"""The closed kernel: verbs, values, roles, authorities, policy, scopes and rights."""
