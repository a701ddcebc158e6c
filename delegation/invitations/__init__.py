"""Members invite people to an organization, and the invited people accept."""
