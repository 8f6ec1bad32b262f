"""Histories brought into a store from a live server."""
