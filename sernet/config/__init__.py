"""The schema of every YAML key, one module for each job that reads it."""
