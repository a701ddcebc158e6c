"""Each organization has a continuity grade, computed from facts about its admins, contacts and mail domains."""
