"""Writers of a prepared corpus (data/<corpus>) in somebody else's format: one module a kind, each with ``write``."""
