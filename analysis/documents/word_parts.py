"""What python-docx has no call for: fields, bookmarks, header rows that repeat, text alternatives, turned pages.

All of it is ordinary WordprocessingML; nothing here knows what a report says.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.enum.text import WD_BREAK
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from analysis.documents.model import Table

if TYPE_CHECKING:
    from docx.document import Document as Word

PICTURE = Mm(150)
HALF_PICTURE = Mm(120)
"""For one of two columns on a turned page."""
_SHORT, _LONG = Mm(210), Mm(297)
_SOFT = RGBColor(0x4A, 0x54, 0x5B)


def dress(word: Word) -> None:
    """Our own look, where the library gives no template: A4, a face that every office has, dark headings."""
    section = word.sections[0]
    section.page_width, section.page_height = _SHORT, _LONG
    section.left_margin = section.right_margin = Mm(18)
    section.top_margin = section.bottom_margin = Mm(18)
    styles = word.styles
    for name, size in (("Normal", 10), ("Title", 20), ("Heading 1", 15), ("Heading 2", 12), ("Caption", 9)):
        font = styles[name].font
        font.name, font.size = "Liberation Sans", Pt(size)
        fonts = styles[name].element.get_or_add_rPr().get_or_add_rFonts()
        for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
            fonts.attrib.pop(qn(f"w:{theme}"), None)
        if name != "Normal":
            font.color.rgb = RGBColor(0x1D, 0x23, 0x27)
    styles["Subtitle"].font.name = "Liberation Sans"
    styles["Subtitle"].font.color.rgb = _SOFT
    styles["Normal"].paragraph_format.space_after = Pt(6)


def lines(paragraph: Any, text: str, *, size: float | None = None, bold: bool = False) -> None:
    """Only the first line is bold."""
    for number, line in enumerate(text.split("\n")):
        run = paragraph.add_run(line)
        run.bold = True if bold and number == 0 else None
        if size:
            run.font.size = Pt(size)
        if number < text.count("\n"):
            run.add_break()


def shrink(paragraph: Any, size: float) -> None:
    for run in paragraph.runs:
        run.font.size = Pt(size)


def grid(word: Word, table: Table, wide: bool) -> None:
    columns = table.paper
    made = word.add_table(rows=1, cols=len(columns), style="Table Grid")
    made.autofit = False
    size = 7.5 if table.wide else 8.5
    for cell, column in zip(made.rows[0].cells, columns, strict=True):
        _fill(cell, column.title, size=size, bold=True)
        _shade_cell(cell, "E4EAED")
    _repeat(made.rows[0])
    for group, texts in table.paper_rows:
        if group:
            cells = made.add_row().cells
            _fill(cells[0].merge(cells[-1]), group, size=size + 0.5, bold=True)
            _shade_cell(cells[0], "F3F5F6")
            cells[0].paragraphs[0].paragraph_format.keep_with_next = True
        row = made.add_row()
        _unbroken(row)
        for number, (cell, column, text) in enumerate(zip(row.cells, columns, texts, strict=True)):
            _fill(cell, text, size=size, bold=number == 0, right=column.right)
    _widths(made, [column.weight for column in columns], _room(word))
    properties = made._tbl.tblPr
    for tag, text in (("w:tblCaption", table.caption), ("w:tblDescription", f"Table {table.id}")):
        properties.append(_element(tag, val=text))
    word.add_paragraph().paragraph_format.space_after = Pt(4)


def pairs(word: Word, found: Sequence[tuple[str, str]]) -> None:
    made = word.add_table(rows=0, cols=2)
    made.autofit = False
    for name, text in found:
        cells = made.add_row().cells
        _fill(cells[0], name, size=9.5, bold=True)
        _fill(cells[1], text, size=9.5)
    _widths(made, [1, 2.4], _room(word))
    word.add_paragraph().paragraph_format.space_after = Pt(2)


def tiles(word: Word, numbers: Sequence[tuple[str, str, str]]) -> None:
    made = word.add_table(rows=1, cols=len(numbers), style="Table Grid")
    for cell, (value, label, of) in zip(made.rows[0].cells, numbers, strict=True):
        run = cell.paragraphs[0].add_run(value)
        run.bold, run.font.size = True, Pt(18)
        cell.add_paragraph(label)
        lines(cell.add_paragraph(), of, size=8.5)
    word.add_paragraph().paragraph_format.space_after = Pt(2)


def numbered(paragraph: Any, kind: str, number: int, text: str) -> None:
    """A caption whose number the word processor keeps in order."""
    paragraph.add_run(f"{kind} ")
    _field(paragraph, f" SEQ {kind} \\* ARABIC ", str(number))
    paragraph.add_run(f". {text}")


def contents(word: Word, entries: Sequence[tuple[str, str]]) -> None:
    """A contents field, filled in already; the word processor makes it anew when asked."""
    for number, (heading, anchor) in enumerate(entries):
        paragraph = word.add_paragraph()
        paragraph.paragraph_format.space_after = Pt(2)
        if number == 0:
            paragraph._p.append(_character("begin"))
            paragraph._p.append(_instruction(' TOC \\o "1-1" \\h \\n '))
            paragraph._p.append(_character("separate"))
        link = _element("w:hyperlink", anchor=anchor)
        run = paragraph.add_run(heading)
        link.append(run._r)
        paragraph._p.append(link)
        if number == len(entries) - 1:
            paragraph._p.append(_character("end"))


def bookmark(paragraph: Any, name: str) -> None:
    number = str(len(paragraph.part.element.findall(f".//{qn('w:bookmarkStart')}")) + 1)
    start = _element("w:bookmarkStart", id=number, name=name)
    place = 1 if paragraph._p.pPr is not None else 0
    paragraph._p.insert(place, start)
    paragraph._p.append(_element("w:bookmarkEnd", id=number))


def turn_page(word: Word, *, wide: bool) -> None:
    before = word.sections[-1]
    short, long = sorted((before.page_width or _SHORT, before.page_height or _LONG))
    section = word.add_section(WD_SECTION.NEW_PAGE)
    section.orientation = WD_ORIENT.LANDSCAPE if wide else WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = (long, short) if wide else (short, long)


def turned(word: Word) -> None:
    """All pages of the document, a template's too."""
    for section in word.sections:
        short, long = sorted((section.page_width or _SHORT, section.page_height or _LONG))
        section.orientation = WD_ORIENT.LANDSCAPE
        section.page_width, section.page_height = long, short


def columns(word: Word, number: int) -> None:
    """From here on, on the same page."""
    section = word.add_section(WD_SECTION.CONTINUOUS)
    for old in section._sectPr.findall(qn("w:cols")):
        section._sectPr.remove(old)
    section._sectPr.append(_element("w:cols", num=str(number), space="480"))


def new_page(word: Word) -> None:
    word.add_paragraph().add_run().add_break(WD_BREAK.PAGE)


def footer(word: Word, status: str) -> None:
    """Status and page number; a template's own footer is left as it is."""
    paragraph = word.sections[0].footer.paragraphs[0]
    if paragraph.text:
        return
    paragraph.add_run(f"{status}    ")
    _field(paragraph, " PAGE ", "1")
    paragraph.add_run(" of ")
    _field(paragraph, " NUMPAGES ", "1")


def describe(picture: Any, title: str, text: str) -> None:
    properties = picture._inline.docPr
    properties.set("title", title)
    properties.set("descr", text)


def shade(paragraph: Any, colour: str) -> None:
    paragraph._p.get_or_add_pPr().append(_element("w:shd", val="clear", color="auto", fill=colour))


def number_from_one(word: Word, paragraph: Any, number: int) -> None:
    """Each numbered list counts from one: the style's own numbering goes on through the whole document."""
    numbering = word.part.numbering_part.element
    wanted = str(9000 + number)
    if not any(one.get(qn("w:numId")) == wanted for one in numbering.findall(qn("w:num"))):
        style = word.styles["List Number"].element
        used = style.find(f".//{qn('w:numId')}")
        if used is None:
            return
        source = next(one for one in numbering.findall(qn("w:num")) if one.get(qn("w:numId")) == used.get(qn("w:val")))
        fresh = deepcopy(source)
        fresh.set(qn("w:numId"), wanted)
        for old in fresh.findall(qn("w:lvlOverride")):
            fresh.remove(old)
        override = _element("w:lvlOverride", ilvl="0")
        override.append(_element("w:startOverride", val="1"))
        fresh.append(override)
        numbering.append(fresh)
    properties = paragraph._p.get_or_add_pPr().get_or_add_numPr()
    properties.get_or_add_numId().val = int(wanted)
    properties.get_or_add_ilvl().val = 0


def _fill(cell: Any, text: str, *, size: float, bold: bool = False, right: bool = False) -> None:
    paragraph = cell.paragraphs[0]
    paragraph.paragraph_format.space_before = paragraph.paragraph_format.space_after = Pt(1.5)
    if right:
        paragraph.alignment = 2
    lines(paragraph, text, size=size, bold=bold)


def _room(word: Word) -> int:
    section = word.sections[-1]
    width = section.page_width or _SHORT
    return int(width - (section.left_margin or 0) - (section.right_margin or 0))


def _widths(made: Any, weights: Sequence[float], room: int) -> None:
    whole = sum(weights)
    for column, weight in zip(made.columns, weights, strict=True):
        column.width = int(room * weight / whole)
    for row in made.rows:
        if len(row._tr.tc_lst) == len(weights):
            for cell, weight in zip(row._tr.tc_lst, weights, strict=True):
                cell.width = int(room * weight / whole)


def _repeat(row: Any) -> None:
    row._tr.get_or_add_trPr().append(_element("w:tblHeader", val="true"))
    _unbroken(row)


def _unbroken(row: Any) -> None:
    row._tr.get_or_add_trPr().insert(0, _element("w:cantSplit", val="true"))


def _shade_cell(cell: Any, colour: str) -> None:
    cell._tc.get_or_add_tcPr().append(_element("w:shd", val="clear", color="auto", fill=colour))


def _field(paragraph: Any, instruction: str, shown: str) -> None:
    paragraph._p.append(_character("begin"))
    paragraph._p.append(_instruction(instruction))
    paragraph._p.append(_character("separate"))
    paragraph.add_run(shown)
    paragraph._p.append(_character("end"))


def _character(kind: str) -> Any:
    run = OxmlElement("w:r")
    run.append(_element("w:fldChar", fldCharType=kind))
    return run


def _instruction(text: str) -> Any:
    run, instruction = OxmlElement("w:r"), OxmlElement("w:instrText")
    instruction.set(qn("xml:space"), "preserve")
    instruction.text = text
    run.append(instruction)
    return run


def _element(tag: str, **attributes: str) -> Any:
    element = OxmlElement(tag)
    for name, value in attributes.items():
        element.set(qn(f"w:{name}"), value)
    return element
