"""
Errors that a use case raises on purpose.

Each becomes one ``application/problem+json`` answer; the web pages show ``detail``. Messages are Chinese first
and translatable; ``code`` is for programs and never changes.
"""

from typing import Any, ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class DomainError(Exception):
    """
    A rule of the business said no; nothing was changed.

    :param detail: one sentence for the person, in place of the class's own.
    :param attr: the input field it is about, if one is.
    :param facts: JSON-ready values that help the client (for example how many pieces are left).
    """

    status: ClassVar[int] = 409
    code: ClassVar[str] = "conflict"
    message: ClassVar[str | Promise] = _("操作与当前状态冲突。")

    def __init__(self, detail: str | Promise | None = None, *, attr: str | None = None, **facts: Any) -> None:
        self.detail = str(detail or self.message)
        self.attr = attr
        self.facts = facts
        super().__init__(self.detail)


class Invalid(DomainError):
    """The input breaks a rule that does not depend on the state of the world."""

    status = 400
    code = "invalid"
    message = _("提交的内容不符合要求。")


class Forbidden(DomainError):
    """The person may see the thing but not do this with it."""

    status = 403
    code = "forbidden"
    message = _("没有权限。")


class Missing(DomainError):
    """It does not exist, or not for this person."""

    status = 404
    code = "not_found"
    message = _("没有找到。")


class Unavailable(DomainError):
    """Something outside does not answer; trying again later is right."""

    status = 503
    code = "unavailable"
    message = _("服务暂时不可用，请稍后再试。")


class StateConflict(DomainError):
    """The row is no longer in the state from which this move starts."""

    code = "state_conflict"
    message = _("状态已变化，请刷新后再试。")
