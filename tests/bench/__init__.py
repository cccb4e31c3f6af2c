"""Speed, measured: our side and the raw limit of the same work in one run, on one PostgreSQL, in turns."""
