"""Audio, one definition each: reading, resampling, which frames are loud, level and bandwidth."""
