"""The supplier's staff have rights for business units and organizations, given and ended by owners."""
