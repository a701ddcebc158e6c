"""A successor accepts what an admin gives up, and one act completes it."""
