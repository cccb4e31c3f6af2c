"""What a shopper reads about goods that did not come, or weighed less."""

import re

import pytest
from django.test import Client

from fulfillment.services.shortages import pick_close
from tests.shortages import buy, lacking_world, short, waved, weigh

pytestmark = pytest.mark.django_db


def words(client: Client, path: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", client.get(path).content.decode()))


def test_the_order_tells_what_was_short_what_was_light_and_what_comes_back() -> None:
    w = lacking_world()
    first, second = buy(w, 3, 1)
    wave = waved(w)
    short(wave, w.tomato, 1, by=w.picker)
    weigh(wave, w.tomato, 1425, by=w.picker, point=w.near)
    pick_close(wave_id=wave.pk)
    shopper, neighbour = Client(), Client()
    shopper.force_login(w.shopper)
    neighbour.force_login(w.neighbour)

    light = words(shopper, f"/g/orders/{first.public_id}/")
    lost = words(neighbour, f"/g/orders/{second.public_id}/")

    assert "番茄 称重退差" in light
    assert "0.60" in light
    assert "缺货 1 份，已退款" in lost
    assert "番茄 ×1" in lost
    assert "缺货" not in light
