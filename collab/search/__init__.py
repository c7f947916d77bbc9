"""Search: one index of what every slice offers, and what of it somebody may see."""
