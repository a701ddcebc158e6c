"""What pages and other doors show, in a fixed number of statements. Permission comes from `scopes` and `policy`."""
