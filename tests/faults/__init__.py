"""
Faults on purpose, counted: ``make faults``.

Each row makes one kind of fault many times, asks every invariant after each, and does the same once more with the
guard taken out at a named seam: a row whose control never fires proves nothing and fails the run.
"""
