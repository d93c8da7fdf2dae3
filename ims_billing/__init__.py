"""Bills a physiotherapy clinic's IMS sessions under Physiotherapy Services."""

__version__ = "0.1.0"
