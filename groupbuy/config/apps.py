from django.apps import AppConfig


class RoofConfig(AppConfig):
    name = "groupbuy.config"
    label = "roof"
    verbose_name = "系统"
