"""sernet: speech emotion recognition by people, in recordings and out of distributions that the model never heard."""

__version__ = "0.1.0"
