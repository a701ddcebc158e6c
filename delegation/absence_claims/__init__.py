"""Colleagues ask their admins, and say that one of them has left; the admins are asked first."""
