"""Who may do what, for whom and until when: the policy and the commands."""
