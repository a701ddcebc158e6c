"""The supplier keeps the invoice and contract contacts of its customers."""
