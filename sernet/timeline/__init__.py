"""Emotion over time: recordings to windows, windows to segments."""
