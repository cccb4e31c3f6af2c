from django.apps import AppConfig


class LeadersConfig(AppConfig):
    name = "leaders"
    verbose_name = "团长"
    default_auto_field = "django.db.models.BigAutoField"
