"""The report as a document: sections, annexes, tables and figures as plain data, then one module per file format.

document = sections.build(report, extras); files = formats.render(document, "sciencedirect", {"html", "docx"})
"""
