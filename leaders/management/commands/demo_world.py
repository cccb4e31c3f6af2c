"""Fill an empty system with a world to look at."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from leaders.demo.build import demo_build


class Command(BaseCommand):
    help = "载入演示数据；再次运行只开新团 / load the demo world; running it again only opens fresh campaigns"
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEV_PROVIDERS:
            raise CommandError(
                "演示账号的密码是公开的，只能在 DEV_PROVIDERS=true 时载入 / its passwords are public: DEV_PROVIDERS only"
            )
        self.stdout.write(demo_build())
