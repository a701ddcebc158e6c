"""A member's access ends at a planned instant, by the interval of the membership itself."""
