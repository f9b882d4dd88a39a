"""Studies and benchmarks of the pipeline itself."""
