"""`make demo`: every process of the system on one machine, started in order, watched, stopped in order."""
