"""What the sample services share: other companies' programs, which know the portal by its protocols only."""
