"""Government services as running processes, with the law's clocks."""

__version__ = "0.1.0"
