"""The staircase in the models: goods flow one way, and no table knows a later stage."""

from typing import Any

from django.apps import apps
from django.db import models
from django.db.models.signals import (
    m2m_changed,
    post_delete,
    post_init,
    post_save,
    pre_delete,
    pre_init,
    pre_save,
)

from tests.architecture.sources import APPS, sources

STAIRS = {app: stair for stair, app in enumerate(APPS)}
# Our own stages inside groupbuy and fulfillment, by module of the models.
STAGES = {
    "groupbuy.models.places": 0,
    "groupbuy.models.people": 0,
    "groupbuy.models.catalogue": 0,
    "groupbuy.models.campaign": 1,
    "groupbuy.models.order": 2,
    "groupbuy.models.promotion": 3,
    "groupbuy.models.payment": 3,
    "groupbuy.models.bill": 4,
    "groupbuy.models.ledger": 4,
    "groupbuy.models.credit": 4,
    "groupbuy.models.journal": 4,
    "fulfillment.models.wave": 5,
    "fulfillment.models.fleet": 5,
    "fulfillment.models.paper_job": 6,
    "fulfillment.models.purchase": 6,
    "fulfillment.models.receipt": 7,
    "fulfillment.models.shortage": 6,
    "fulfillment.models.weight": 6,
    "fulfillment.models.progress": 6,
    "fulfillment.models.delivery": 6,
    "fulfillment.models.route_plan": 6,
    "fulfillment.models.pickup": 7,
    "leaders.models.leader": 8,
    "leaders.models.commission": 9,
}


def ours() -> list[type[models.Model]]:
    return [model for app in APPS for model in apps.get_app_config(app).get_models()]


def relations() -> list[tuple[type[models.Model], Any]]:
    return [
        (model, field)
        for model in ours()
        for field in (*model._meta.fields, *model._meta.many_to_many)
        if field.related_model
    ]


def test_every_models_module_has_its_stage() -> None:
    assert {model.__module__ for model in ours()} == set(STAGES)


def test_no_relation_points_to_a_later_app_or_stage() -> None:
    upwards = [
        f"{model.__name__}.{field.name} -> {field.related_model.__name__}"
        for model, field in relations()
        if STAGES.get(field.related_model.__module__, 0) > STAGES[model.__module__]
        or STAIRS.get(field.related_model._meta.app_label, 0) > STAIRS[model._meta.app_label]
    ]

    assert upwards == []


def test_rows_that_others_refer_to_are_protected() -> None:
    # What belongs to one person goes with him: his keys, his messages, his log-in. A price step is a part of its offer.
    cascading = sorted(
        f"{model.__name__}.{field.name}"
        for model, field in relations()
        if getattr(field.remote_field, "on_delete", None) is models.CASCADE
    )

    assert cascading == ["IdempotencyKey.actor", "Message.person", "OfferPriceStep.offer"]


def test_no_receiver_of_ours_listens_to_what_models_do() -> None:
    signals = (pre_init, post_init, pre_save, post_save, pre_delete, post_delete, m2m_changed)

    listeners = [
        receiver.__module__
        for signal in signals
        for model in ours()
        for group in signal._live_receivers(model)
        for receiver in group
        if receiver.__module__.partition(".")[0] in APPS
    ]

    assert listeners == []
    assert [source.name for source in sources() if "django.dispatch" in set(source.imports())] == []


def test_no_model_works_while_it_is_saved() -> None:
    busy = [
        f"{model.__name__}.{name}"
        for model in ours()
        for name in ("save", "delete", "clean", "full_clean", "save_base")
        if name in vars(model)
    ]

    assert busy == []


def test_money_is_whole_fen_and_instants_are_named_so() -> None:
    for model in ours():
        for field in model._meta.fields:
            label = f"{model.__name__}.{field.name}"
            assert not isinstance(field, models.FloatField), label
            if field.name.endswith("_fen"):
                assert isinstance(field, models.BigIntegerField), label
            if isinstance(field, models.DateTimeField) and field.name != "last_login":
                assert field.name.endswith(("_at", "_by")) or field.name == "at", label
            if type(field) is models.DateField:
                assert field.name.endswith("_date"), label


def test_two_rows_alone_are_stamped_by_the_processs_clock() -> None:
    # When a person or a draft was entered decides nothing; every instant that does comes from the database.
    stamped = sorted(
        f"{model.__name__}.{field.name}"
        for model in ours()
        for field in model._meta.fields
        if getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False)
    )

    assert stamped == ["Campaign.created_at", "User.created_at"]


def test_constraints_carry_the_name_of_their_table() -> None:
    for model in ours():
        for constraint in model._meta.constraints:
            assert constraint.name.startswith(model.__name__.lower()), constraint.name
