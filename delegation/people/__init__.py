"""Admins list, remove, restore and enroll members; people end their own sessions."""
