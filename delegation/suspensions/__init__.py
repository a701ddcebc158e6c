"""The supplier suspends a customer for a while."""
