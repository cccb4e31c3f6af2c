"""Closed sets of words that the tables hold (DOMAIN "Words")."""

from enum import StrEnum


class Zone(StrEnum):
    """Storage zone of a warehouse, in the order in which it is picked."""

    AMBIENT = "ambient"
    CHILLED = "chilled"
    FROZEN = "frozen"


class BaseUnit(StrEnum):
    GRAM = "g"
    PIECE = "piece"


class PointKind(StrEnum):
    """What kind of place the leader runs; shops are reviewed first."""

    SHOP = "shop"
    HOME = "home"
    PARCEL_STATION = "parcel_station"
    PROPERTY = "property"


class PointRole(StrEnum):
    LEADER = "leader"
    HELPER = "helper"


class PayBy(StrEnum):
    """Who pays an order that a leader places for a neighbour: he himself, or whoever opens the link."""

    LEADER = "leader"
    LINK = "link"


class ShortagePolicy(StrEnum):
    FIRST_PAID = "first_paid"
    PROPORTIONAL = "proportional"
    BY_COMMUNITY = "by_community"


class MinimumKind(StrEnum):
    """What a group's minimum counts."""

    ORDERS = "orders"
    PIECES = "pieces"
    AMOUNT = "amount"


class RefundReason(StrEnum):
    SHOPPER_CANCELLED = "shopper_cancelled"
    GROUP_MINIMUM = "group_minimum"
    OFFER_MINIMUM = "offer_minimum"
    LATE_PAYMENT = "late_payment"
    DOUBLE_PAYMENT = "double_payment"
    SHORTAGE = "shortage"
    WEIGHT = "weight"
    OPERATOR = "operator"
