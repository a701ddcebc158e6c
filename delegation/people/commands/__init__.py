"""The commands on members: remove and restore, enroll, and a person's own sign-out."""
