"""What files cost."""
