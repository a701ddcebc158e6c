"""The layer decides who may do what, for whom and until when, and holds the commands."""
