"""Creating organizations and their sites."""
