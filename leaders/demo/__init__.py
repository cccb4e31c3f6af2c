"""The demo world: made-up places and people, real history. Everything below is built by ``build`` and told by ``guide``."""
