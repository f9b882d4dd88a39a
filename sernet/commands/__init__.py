"""The commands of `sernet NAME`, a module each: `arguments(parser)` and `run(options)`, the exit code."""
