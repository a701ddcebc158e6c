"""Reading an organization's log for its own members."""
