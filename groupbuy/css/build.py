"""
Build the style sheet and the icon sprite from the sources in this folder: ``make css``.

Needs no network and no Node: the compiler comes from a wheel, daisyUI from the tarball in ``vendor/``, whose sum is
checked against the manifest. The results are committed, so that running the system needs neither.
"""

import hashlib
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
VENDOR = HERE / "vendor"
STATIC = HERE.parent / "static" / "groupbuy"
APPS = [HERE.parents[1] / app for app in ("groupbuy", "fulfillment", "leaders")]
DAISYUI = VENDOR / "daisyui-5.8.1.tgz"


def check_sum(file: Path) -> None:
    found = hashlib.sha256(file.read_bytes()).hexdigest()
    if found not in (VENDOR / "MANIFEST.md").read_text(encoding="utf-8"):
        sys.exit(f"{file.name}: sha256 {found} is not the one in the manifest")


def build_styles(out: Path) -> None:
    """Compile ``app.css`` into ``out`` with daisyUI unpacked beside a generated entry file."""
    check_sum(DAISYUI)
    with tempfile.TemporaryDirectory() as folder, tarfile.open(DAISYUI) as tarball:
        tarball.extractall(folder, filter="data")
        entry = Path(folder) / "entry.css"
        # The back office has a style sheet of its own: only the pages' folders are read for class names.
        pages = "".join(f'@source "{app}/templates/{app.name}";\n@source "{app}/web/*.py";\n' for app in APPS)
        scripts = f'@source "{STATIC}/pages.js";\n'
        source = (HERE / "app.css").read_text(encoding="utf-8")
        entry.write_text(source.replace("/* @sources */", pages + scripts), encoding="utf-8")
        compiler = Path(sys.executable).with_name("tailwindcss")
        command = [str(compiler), f"--input={entry}", f"--output={out / 'app.css'}", "--minify", f"--cwd={folder}"]
        subprocess.run(command, check=True)


def build_sprite(out: Path) -> None:
    """Write every icon of ``vendor/lucide`` as a symbol into ``out``; a page shows it by ``<use href="icons.svg#name">``."""
    symbols = []
    for file in sorted((VENDOR / "lucide").glob("*.svg")):
        body = file.read_text(encoding="utf-8")
        (inner,) = re.findall(r"<svg[^>]*>(.*)</svg>", body, flags=re.DOTALL)
        shapes = " ".join(inner.split()).replace("> <", "><")
        symbols.append(f'<symbol id="{file.stem}" viewBox="0 0 24 24">{shapes}</symbol>')
    note = "<!-- lucide-static 1.62.0, ISC licence, see groupbuy/css/vendor/lucide/LICENSE -->"
    lines = ['<svg xmlns="http://www.w3.org/2000/svg">', note, *symbols, "</svg>", ""]
    (out / "icons.svg").write_text("\n".join(lines), encoding="utf-8")


if __name__ == "__main__":
    build_styles(STATIC)
    build_sprite(STATIC)
