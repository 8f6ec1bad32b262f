"""Writes before they are sent: what is requested, what it comes to, what a plan and its result show."""
