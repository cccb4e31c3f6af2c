from django.apps import AppConfig


class FulfillmentConfig(AppConfig):
    name = "fulfillment"
    verbose_name = "履约"
    default_auto_field = "django.db.models.BigAutoField"
