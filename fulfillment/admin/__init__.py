"""Back office of waves, deliveries and pickups."""

from fulfillment.admin import delivery, pickups, waves
from fulfillment.models import Stop, Wave
from groupbuy.admin.words import name_machine

name_machine("wave", Wave)
name_machine("stop", Stop)

__all__ = ["delivery", "pickups", "waves"]
