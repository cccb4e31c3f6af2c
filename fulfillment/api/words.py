"""The closed sets of words that go in and out, each named once for the OpenAPI document."""

from fulfillment.domain.layouts import PaperKind
from fulfillment.models import Discrepancy, PaperJob, PurchaseOrder, RoutePlan, Shortage, Stop, Wave

WAVE_STATES = Wave._meta.get_field("state").choices
PURCHASE_STATES = PurchaseOrder._meta.get_field("state").choices
STOP_STATES = Stop._meta.get_field("state").choices
DISCREPANCY_KINDS = Discrepancy._meta.get_field("kind").choices or []
ROUTE_PLAN_STATES = RoutePlan._meta.get_field("state").choices
LEFT_OUT = Stop._meta.get_field("left_out").choices or []
SHORTAGE_CAUSES = Shortage._meta.get_field("cause").choices or []
PAPER_JOB_STATES = PaperJob._meta.get_field("state").choices
PAPER_KINDS = [(kind.value, kind.value) for kind in PaperKind]
