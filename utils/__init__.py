"""Plumbing that users call by hand."""
