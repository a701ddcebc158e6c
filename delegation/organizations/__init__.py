"""The supplier creates organizations and their sites."""
