"""Members who have not signed in for long are warned twice, and then suspended by the supplier's rule."""
