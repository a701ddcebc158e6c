"""The layer decides who may do what, where and until when, and holds the commands."""
