"""A customer is onboarded in one act: the organization, its offer, and the invitations of its first admins."""
