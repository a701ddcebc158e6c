"""What the pages show: from queries to the contexts that templates describe."""
