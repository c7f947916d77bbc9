"""What a board costs in the browser."""
