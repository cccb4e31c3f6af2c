from django.apps import AppConfig


class RoofConfig(AppConfig):
    name = "groupbuy.config"
    label = "roof"
    verbose_name = "系统"

    def ready(self) -> None:
        """Register the checks."""
        from groupbuy.config import checks  # noqa: F401
