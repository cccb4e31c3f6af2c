"""Static files are collected when they have changed, and only then."""

import json
from pathlib import Path
from typing import Any

import pytest

from groupbuy.config.management.commands.prepare import collect_static


@pytest.fixture
def source(tmp_path: Path, settings: Any) -> Path:
    """A folder with one file, which is all that there is to collect into ``tmp_path / "static"``."""
    folder = tmp_path / "source"
    folder.mkdir()
    (folder / "page.css").write_text("a {}")
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    settings.STATICFILES_DIRS = [folder]
    settings.STATIC_ROOT = tmp_path / "static"
    manifest = {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": manifest}
    return folder


def collected(root: Path) -> str:
    name: str = json.loads((root / "staticfiles.json").read_text())["paths"]["page.css"]
    return (root / name).read_text()


def test_what_has_not_changed_is_not_collected_again(source: Path, tmp_path: Path) -> None:
    collect_static(tmp_path / "static")
    first = (tmp_path / "static" / "staticfiles.json").stat().st_mtime_ns

    collect_static(tmp_path / "static")

    assert (tmp_path / "static" / "staticfiles.json").stat().st_mtime_ns == first


def test_a_change_of_one_file_is_collected(source: Path, tmp_path: Path) -> None:
    collect_static(tmp_path / "static")
    assert collected(tmp_path / "static") == "a {}"

    (source / "page.css").write_text("b {}")
    collect_static(tmp_path / "static")

    assert collected(tmp_path / "static") == "b {}"


def test_what_was_deleted_is_collected_again(source: Path, tmp_path: Path) -> None:
    collect_static(tmp_path / "static")

    (tmp_path / "static" / "staticfiles.json").unlink()
    collect_static(tmp_path / "static")

    assert collected(tmp_path / "static") == "a {}"
