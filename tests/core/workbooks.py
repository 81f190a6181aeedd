"""Workbooks made by hand, part by part, so that tests can make them wrong."""

from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

SPREADSHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'


def parts(rows: str, *, strings: str = "", extra: str = "", workbook: str = "") -> dict[str, str | bytes]:
    """Give the parts of a workbook whose one sheet has the XML `rows`; `extra` stands before them, `strings` are <si>."""
    sheets = workbook or '<sheet name="名簿" sheetId="1" r:id="rId1"/>'
    return {
        "[Content_Types].xml": f'{HEAD}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/></Types>',
        "_rels/.rels": f'{HEAD}<Relationships xmlns="{RELATIONS}"><Relationship Id="rId1" Type="{OFFICE}/officeDocument"'
        ' Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'{HEAD}<workbook xmlns="{SPREADSHEET}" xmlns:r="{OFFICE}"><sheets>{sheets}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'{HEAD}<Relationships xmlns="{RELATIONS}">'
        f'<Relationship Id="rId1" Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="rId2" Type="{OFFICE}/worksheet" Target="worksheets/sheet2.xml"/>'
        f'<Relationship Id="rId3" Type="{OFFICE}/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
        "xl/sharedStrings.xml": f'{HEAD}<sst xmlns="{SPREADSHEET}">{strings}</sst>',
        "xl/worksheets/sheet1.xml": sheet(rows, extra),
        "xl/worksheets/sheet2.xml": sheet("", ""),
    }


def sheet(rows: str, extra: str) -> str:
    return f'{HEAD}<worksheet xmlns="{SPREADSHEET}">{extra}<sheetData>{rows}</sheetData></worksheet>'


def text(reference: str, value: str) -> str:
    """Write one cell that holds a text."""
    return f'<c r="{reference}" t="inlineStr"><is><t>{value}</t></is></c>'


def row(number: int, cells: str) -> str:
    return f'<row r="{number}">{cells}</row>'


def packed(content: dict[str, str | bytes]) -> bytes:
    """Pack the parts."""
    out = BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED) as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    return out.getvalue()


def workbook(rows: str, **more: str) -> bytes:
    """Make the workbook of the rows."""
    return packed(parts(rows, **more))
