"""The shape *workbook*: one school's census forms, read by form, row and column number."""
