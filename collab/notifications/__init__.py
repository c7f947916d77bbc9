"""What people are told: one list per person, live, and mail at once or as a digest, as each chooses."""
