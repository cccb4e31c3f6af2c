"""The closed sets of words that go in and out, each named once for the OpenAPI document."""

from groupbuy.models import Payment, Refund
from groupbuy.models.campaign import STATES as CAMPAIGN_STATES
from groupbuy.models.order import STATES as ORDER_STATES
from groupbuy.models.places import POINT_KINDS

PAYMENT_STATES = Payment._meta.get_field("state").choices
REFUND_STATES = Refund._meta.get_field("state").choices

__all__ = ["CAMPAIGN_STATES", "ORDER_STATES", "PAYMENT_STATES", "POINT_KINDS", "REFUND_STATES"]
