"""Folds, batches and augmentation."""
