from django.apps import AppConfig


class GroupbuyConfig(AppConfig):
    name = "groupbuy"
    verbose_name = "团购"
    default_auto_field = "django.db.models.BigAutoField"
