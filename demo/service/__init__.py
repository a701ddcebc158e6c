"""The sample services share this code.

They are other companies' programs, which know the portal by its protocols only.
"""
