"""What the service tests share: a real payment provider when one is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.providers.conftest import Mailbox, RunningProvider, faults, mailbox, provider

if TYPE_CHECKING:
    from tests.services.wechat import Wechat

__all__ = ["faults", "mailbox", "provider"]


@pytest.fixture
def wechat(provider: RunningProvider, mailbox: Mailbox, settings: Any) -> Wechat:
    from tests.services.wechat import Wechat  # here: models cannot be imported before Django is set up

    names = {name.removeprefix("WECHAT_"): value for name, value in provider.settings.items()}
    settings.WECHAT = names | {"BASE_URL": provider.url, "NOTIFY_URL": mailbox.url}
    return Wechat(provider, mailbox)
