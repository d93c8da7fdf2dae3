"""What one session is, and whether it was seen before."""
