"""What the figures are measured with; `make bench` and `make soak` run it. Not part of the product."""
