"""The one thing in a spreadsheet that would change from one writing to the next: when it was written."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

CORE: Final = "docProps/core.xml"

_PROPERTIES = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    '<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties"'
    ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
    '<dcterms:created xsi:type="dcterms:W3CDTF">{at}</dcterms:created>'
    '<dcterms:modified xsi:type="dcterms:W3CDTF">{at}</dcterms:modified></cp:coreProperties>'
)


def stamp(path: Path, *, created: datetime) -> None:
    """
    Let the file say that it was made at ``created``.

    The properties stand at the end of the archive, behind the sheets: only what comes from there on is written again.
    """
    with ZipFile(path, "a") as book:
        start = book.namelist().index(CORE)
        tail = [(info, book.read(info)) for info in book.infolist()[start:]]
        book.start_dir = tail[0][0].header_offset
        del book.filelist[start:]
        for info, content in tail:
            book.NameToInfo.pop(info.filename)
            at = created.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            new = _PROPERTIES.format(at=at).encode() if info.filename == CORE else content
            book.writestr(ZipInfo(info.filename), new, ZIP_DEFLATED)
