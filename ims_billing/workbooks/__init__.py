"""A month's view into the files that the clinic keeps and sends."""
