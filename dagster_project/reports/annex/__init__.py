"""The annex workbook 附表.xlsx of a county: every figure with its parts, in live formulas."""
