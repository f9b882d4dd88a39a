"""Out-of-distribution detectors and test sets."""
