"""Change events, APIs and shared tables without breaking anyone."""

__version__ = "0.1.0"
