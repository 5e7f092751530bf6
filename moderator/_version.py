"""The one place that names the version in code; a test keeps it equal to `pyproject.toml`."""

__version__ = "0.1.0"
