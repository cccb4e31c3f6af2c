"""The database backend: Django's own for PostgreSQL, with a check of kept connections that costs no round trip."""
