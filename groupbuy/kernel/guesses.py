"""
A limit on wrong guesses of short secrets: log-in codes, passwords, pickup codes.

Counted in the cache before the guess is looked at, so that guesses made at the same time cannot slip through together;
a right one is forgiven. Without the cache nobody may guess: this fails closed.
"""

import contextlib

from django.core.cache import cache
from django.utils.translation import gettext_lazy as _
from redis.exceptions import RedisError

from groupbuy.kernel import privacy
from groupbuy.kernel.errors import DomainError, Unavailable


class TooManyGuesses(DomainError):
    """``retry_after_s``: seconds after which the count starts anew at the latest."""

    status = 429
    code = "too_many_guesses"
    message = _("尝试次数过多，请稍后再试。")


def count(scope: str, who: str, *, limit: int, seconds: int) -> None:
    """
    Count one guess of ``who`` in ``scope``.

    :param limit: wrong guesses allowed within ``seconds``.
    :raises TooManyGuesses: the limit is used up.
    :raises Unavailable: the cache does not answer.
    """
    key = _key(scope, who)
    try:
        cache.add(key, 0, timeout=seconds)
        made = cache.incr(key)
    except ValueError:  # it expired between the two calls
        made = 1
    except RedisError as error:
        raise Unavailable from error
    if made > limit:
        raise TooManyGuesses(retry_after_s=seconds)


def forgive(scope: str, who: str) -> None:
    """Take the last guess off the count: it was right."""
    with contextlib.suppress(ValueError, RedisError):
        cache.decr(_key(scope, who))


def _key(scope: str, who: str) -> str:
    """Phones and names stay out of the cache."""
    return f"guesses:{scope}:{privacy.blind(who)}"
