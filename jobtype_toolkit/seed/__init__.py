"""Seed manifests and job type configurations as values, and the validator that finds everything in one call."""
