"""Readers of corpora that are described in somebody else's format: one module a kind, each with ``read(root, ...)``.

They yield raw labels; corpus.yaml maps them. Nothing is copied: stage 1 reads the lists and the audio where they lie.
"""
