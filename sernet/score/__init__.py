"""Score files, metrics and intervals."""
