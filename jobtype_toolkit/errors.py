"""The errors of the toolkit: one root, and each also is the builtin it resembles."""


class ToolkitError(Exception):
    """Root of all errors that the toolkit raises on purpose."""


class InvalidManifest(ToolkitError, ValueError):
    """A manifest or a configuration that cannot be held, because it is not a JSON object."""
