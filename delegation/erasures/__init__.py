"""The personal data of people who left every organization long ago are erased, and the log stays verifiable."""
