"""Words of a language within a text that may hold names of the other."""

import re

_CODE = re.compile(
    r"`[^`]*`"  # commands and settings
    r"|--?[a-z][\w-]*(?:[ =][A-Z][\w.]*)?"  # options
    r"|\b[A-Z]{2,}[\w.\[\]…-]*"  # JUNHENG_RAW, CSV, UTF-8
    r"|\b[\w.-]*[_/\\.:=\d][\w./\\:=%<>*|-]*"  # paths, columns, files, ids, formats
    r"|<[^>]*>|\{[^}]*\}|\[[^\]]*\]"  # places to fill in
    r"|'[^']*'|\"[^\"]*\"|“[^”]*”"  # what is quoted
)
# Names of products and formats, units, codes, commands and what people write for them.
_NAMES = """
current share kb profile check name file folder separator factor action all apt args arts audit
autumn backbone bool chmod code command concurrency corrections county csv dagster dbt debian
decimal default degree diff dir doctor docx dos duckdb en enabled encoding equipment equiv excel
execute expectations failure false fc file flags flat float fonts from gb get great html http id
install int json junheng junior kind lake libreoffice limit list load make mb movement
multimedia nnn nnnn ntp opendocument options parquet pack path pdf pe pingluo pioneer pip plan pools
postgresql powerpoint primary published python range raw re report rollback roster rtf sample
school seconds senior settings spring sqlite status step storage str sucheng sum table telemetry
template text thousands timestamp to true tzdata uid utf warehouse weihai whatif word workbook
wps xls xlsb xlsm xlsx xml yaml yml zh zhoucun zip
"""
KNOWN = frozenset(_NAMES.split())
_WORD = re.compile(r"[A-Za-z]{2,}")


def has_chinese(text):
    """Whether a Chinese sign stands in a text."""
    return any("一" <= sign <= "鿿" for sign in text)


def english_words(text):
    """The English words of a Chinese text that are no names, codes, columns, files or units."""
    return [w for w in _WORD.findall(_CODE.sub(" ", text)) if w.lower() not in KNOWN]
