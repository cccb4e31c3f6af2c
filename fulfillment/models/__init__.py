from fulfillment.models.delivery import DeliveryNote, Discrepancy, Route, Stop
from fulfillment.models.pickup import Pickup, PickupEvent, PickupItem
from fulfillment.models.wave import PickLine, SortLine, Wave, WaveCampaign

__all__ = [
    "DeliveryNote",
    "Discrepancy",
    "PickLine",
    "Pickup",
    "PickupEvent",
    "PickupItem",
    "Route",
    "SortLine",
    "Stop",
    "Wave",
    "WaveCampaign",
]
