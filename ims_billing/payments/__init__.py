"""Insurers' payments: lines, matches, postings, positions and aging."""
