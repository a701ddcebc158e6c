"""Members of an organization: lists, removal, restoring, enrollment and sign-out."""
