from fulfillment.models.delivery import DeliveryNote, Discrepancy, Route, Stop, StopProblem
from fulfillment.models.fleet import DriverPost, Vehicle
from fulfillment.models.paper_job import PaperJob
from fulfillment.models.pickup import Pickup, PickupEvent, PickupItem
from fulfillment.models.progress import PickEvent, PickProgress, PutEvent, PutProgress
from fulfillment.models.purchase import PurchaseLine, PurchaseOrder
from fulfillment.models.receipt import Receipt, ReceiptLine
from fulfillment.models.route_plan import RoutePlan
from fulfillment.models.shortage import Shortage, ShortageShare
from fulfillment.models.wave import PaperIssue, PickLine, SortLine, Wave, WaveCampaign
from fulfillment.models.weight import WeightEntry, WeightShare

__all__ = [
    "DeliveryNote",
    "Discrepancy",
    "DriverPost",
    "PaperIssue",
    "PaperJob",
    "PickEvent",
    "PickLine",
    "PickProgress",
    "Pickup",
    "PickupEvent",
    "PickupItem",
    "PurchaseLine",
    "PurchaseOrder",
    "PutEvent",
    "PutProgress",
    "Receipt",
    "ReceiptLine",
    "Route",
    "RoutePlan",
    "Shortage",
    "ShortageShare",
    "SortLine",
    "Stop",
    "StopProblem",
    "Vehicle",
    "Wave",
    "WaveCampaign",
    "WeightEntry",
    "WeightShare",
]
