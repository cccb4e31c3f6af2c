"""The one error of the embedded services."""


class ServiceError(Exception):
    """A server cannot be started, recognised or stopped; the text tells the operator what to do."""
