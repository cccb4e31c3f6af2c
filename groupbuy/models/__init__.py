from groupbuy.models.bill import BillDay, BillDifference
from groupbuy.models.campaign import Campaign, Group, Offer, OfferCommunity, OfferPriceStep, OfferShopper
from groupbuy.models.catalogue import Category, Sku, Supplier
from groupbuy.models.credit import CreditBalance, CreditGrant
from groupbuy.models.journal import AuditEvent, IdempotencyKey, Message, Outbox, StateChange, Sweep, SweepFailure
from groupbuy.models.ledger import LedgerEntry, LedgerLeg
from groupbuy.models.order import Order, OrderLine, OrderOutcome
from groupbuy.models.payment import Payment, PaymentNotice, Refund, RefundLine
from groupbuy.models.people import PointStaff, User, WarehouseStaff
from groupbuy.models.places import Community, GridWarehouse, PickupPoint, ServiceRate, ShareCode, Warehouse
from groupbuy.models.promotion import Coupon, CouponKind, LineDiscount, NewcomerUse, Promotion

__all__ = [
    "AuditEvent",
    "BillDay",
    "BillDifference",
    "Campaign",
    "Category",
    "Community",
    "Coupon",
    "CouponKind",
    "CreditBalance",
    "CreditGrant",
    "GridWarehouse",
    "Group",
    "IdempotencyKey",
    "LedgerEntry",
    "LedgerLeg",
    "LineDiscount",
    "Message",
    "NewcomerUse",
    "Offer",
    "OfferCommunity",
    "OfferPriceStep",
    "OfferShopper",
    "Order",
    "OrderLine",
    "OrderOutcome",
    "Outbox",
    "Payment",
    "PaymentNotice",
    "PickupPoint",
    "PointStaff",
    "Promotion",
    "Refund",
    "RefundLine",
    "ServiceRate",
    "ShareCode",
    "Sku",
    "StateChange",
    "Supplier",
    "Sweep",
    "SweepFailure",
    "User",
    "Warehouse",
    "WarehouseStaff",
]
