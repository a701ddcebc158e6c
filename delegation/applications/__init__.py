"""The supplier registers the applications that people sign in to."""
