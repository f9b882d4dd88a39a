"""Options, stages, stamps and jobs. Knows nothing of speech."""
