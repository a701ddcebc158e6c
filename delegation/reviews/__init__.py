"""Admins of a customer say who still needs which access: each line is kept, lowered or ended."""
