"""MSAC-SERNet."""
