"""Admins assign and change the access of members."""
