"""Adapters to systems outside: each module holds a port (what we ask) or one adapter (how it is asked)."""
