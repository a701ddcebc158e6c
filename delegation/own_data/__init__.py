"""A person reads everything that is stored about the person (GDPR, articles 15 and 20)."""
