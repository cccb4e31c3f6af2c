from fulfillment.models.delivery import DeliveryNote, Discrepancy, Route, Stop, StopProblem
from fulfillment.models.fleet import DriverPost, Vehicle
from fulfillment.models.pickup import Pickup, PickupEvent, PickupItem
from fulfillment.models.purchase import PurchaseLine, PurchaseOrder
from fulfillment.models.route_plan import RoutePlan
from fulfillment.models.wave import PickLine, SortLine, Wave, WaveCampaign

__all__ = [
    "DeliveryNote",
    "Discrepancy",
    "DriverPost",
    "PickLine",
    "Pickup",
    "PickupEvent",
    "PickupItem",
    "PurchaseLine",
    "PurchaseOrder",
    "Route",
    "RoutePlan",
    "SortLine",
    "Stop",
    "StopProblem",
    "Vehicle",
    "Wave",
    "WaveCampaign",
]
