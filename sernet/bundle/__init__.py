"""A trained model in its user's hands: a folder that needs no recipe, and predictions from it."""
