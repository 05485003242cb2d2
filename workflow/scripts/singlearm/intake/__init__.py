"""A review folder from the table that somebody already has (`make review`)."""
