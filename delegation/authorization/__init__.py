"""The closed kernel holds verbs, values, roles, authorities, policy, scopes and rights; it imports no capability."""
