"""The clinic's own setup: practitioners, insurers, fees, and its words."""
