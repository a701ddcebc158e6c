"""Catches every mail of the demo and shows it on a page."""
