"""Pulling: bringing job types and job history over from a live server, a bit at a time, without losing a row."""
