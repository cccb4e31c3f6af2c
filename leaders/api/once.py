"""Writes happen once for one ``Idempotency-Key``."""

from functools import partial

from groupbuy.kernel.doors import answer_once
from groupbuy.services.idempotency import checked_key, run_once

once = partial(answer_once, checked_key=checked_key, run_once=run_once)
