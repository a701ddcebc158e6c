"""Registering the applications that people sign in to."""
