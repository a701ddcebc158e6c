"""With a person's consent, a staff member sees the pages that the person opens, and prepares forms for them."""
