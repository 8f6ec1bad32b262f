"""JSON that is written back as it was read."""
