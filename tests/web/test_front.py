"""The front page, the error pages, and what every page has in common."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings as current
from django.template.loader import render_to_string
from django.test import Client

from tests.web.reading import words

if TYPE_CHECKING:
    from tests.world import World

STATIC = Path(current.BASE_DIR) / "groupbuy/static/groupbuy"
TEMPLATES = sorted(
    path
    for app in ("groupbuy", "fulfillment", "leaders")
    for path in (Path(current.BASE_DIR) / app / "templates").rglob("*.html")
    if "backoffice" not in path.parts
)


def test_the_front_page_leads_to_every_door_and_an_open_shop(world: "World", visitor: Client) -> None:
    html = visitor.get("/").content.decode()

    for door in ("/leader/", "/g/orders/", "/admin/", "/api/v1/docs/", f"/g/{world.share_code.code}/"):
        assert f'href="{door}"' in html


def test_outside_a_demo_the_front_page_names_no_shop(world: "World", visitor: Client, settings: Any) -> None:
    settings.DEV_PROVIDERS = False

    assert world.share_code.code not in visitor.get("/").content.decode()


def test_the_way_back_leads_to_the_last_shop(world: "World", visitor: Client) -> None:
    before = visitor.get("/g/").headers["Location"]
    visitor.get(f"/g/{world.share_code.code}/")
    after = visitor.get("/g/").headers["Location"]
    visitor.cookies["shop"] = "../admin"

    assert before == "/"
    assert after == f"/g/{world.share_code.code}/"
    assert visitor.get("/g/").headers["Location"] == "/"


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("400", "请求有误"), ("403", "没有权限"), ("404", "没有找到"), ("500", "出了点问题"), ("503", "系统繁忙")],
)
def test_every_error_page_renders_without_a_request(name: str, sentence: str) -> None:
    assert sentence in render_to_string(f"{name}.html")


def test_a_busy_database_is_a_503_that_says_try_again(world: "World", leader: Client) -> None:
    from django.db import OperationalError, connection

    class Busy(Exception):  # what psycopg raises carries the SQLSTATE
        sqlstate = "55P03"

    def wait_too_long(execute: Any, sql: str, *rest: Any) -> Any:
        if "groupbuy_now" in sql:
            raise OperationalError from Busy()
        return execute(sql, *rest)

    with connection.execute_wrapper(wait_too_long):
        answer = leader.get("/leader/")

    assert answer.status_code == 503
    assert "系统繁忙" in words(answer)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_page_runs_inline_script_or_loads_from_elsewhere(path: Path) -> None:
    html = path.read_text(encoding="utf-8")

    assert not re.search(r"<script(?![^>]*\bsrc=)", html)
    assert not re.search(r"\son\w+=", html)
    assert not re.search(r"""(?:src|href)=["'](?:https?:)?//""", html)


def test_the_sprite_has_the_icons_that_the_pages_name_and_no_other() -> None:
    from groupbuy.templatetags.pages import CATEGORY_ICONS

    sprite = (STATIC / "icons.svg").read_text(encoding="utf-8")
    drawn = set(re.findall(r'<symbol id="([\w-]+)"', sprite))
    named = {name for path in TEMPLATES for name in re.findall(r'{% icon "([\w-]+)"', path.read_text(encoding="utf-8"))}

    assert drawn == named | {*CATEGORY_ICONS.values(), "shopping-basket"}


def test_the_committed_style_sheet_is_what_the_sources_build(tmp_path: Path) -> None:
    from groupbuy.css import build

    build.build_styles(tmp_path)
    build.build_sprite(tmp_path)

    for name in ("app.css", "icons.svg"):
        assert (tmp_path / name).read_bytes() == (STATIC / name).read_bytes()
