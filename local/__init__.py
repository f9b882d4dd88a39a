"""The stages: one thin script each."""
