"""The commands remove and restore members, enroll them, and sign a person out."""
