"""Everything anyone may do. A door makes one call into here; every function asks, and leaves an event."""
