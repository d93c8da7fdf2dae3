"""What insurers paid, and what they still owe."""
