"""A scan of the transformations for what Sail and Apache Spark do differently without saying so."""

import ast
import re
from pathlib import Path

import pytest

import feedback_assets

PACKAGE = Path(feedback_assets.__file__).parent

NAMES = {
    "monotonically_increasing_id": "its values depend on the engine's partitions",
    "rangeBetween": "RANGE windows over intervals differ",
    "get_json_object": "paths with [*] differ: parse JSON in a kernel",
    "from_utc_timestamp": "work in UTC only",
    "to_utc_timestamp": "work in UTC only",
    "current_timestamp": "a transformation is a function of its input",
    "current_date": "a transformation is a function of its input",
    "now": "a transformation is a function of its input",
    "rand": "seeded samples differ",
    "randn": "seeded samples differ",
    "sample": "seeded samples differ",
    "sampleBy": "seeded samples differ",
    "randomSplit": "seeded samples differ",
    "dropDuplicates": "which row stays is not defined: use row_number over an order",
    "dropDuplicatesWithinWatermark": "which row stays is not defined",
    "first": "which row comes first is not defined",
    "last": "which row comes last is not defined",
    "any_value": "which value stays is not defined",
    "DecimalType": "decimal division and rounding differ",
    "approxQuantile": "fails in Sail",
    "input_file_name": "fails in Sail",
    "localCheckpoint": "fails in Sail",
    "pivot": "fails in Sail",
    "insertInto": "dynamic partition overwrite wipes the table in Sail",
    "saveAsTable": "transformations do not write",
    "expr": "SQL text is not scanned: use functions",
    "selectExpr": "SQL text is not scanned: use functions",
    "sql": "SQL text is not scanned: use functions",
}
STRINGS = (
    (re.compile(r"_corrupt_record|_metadata\."), "differs or fails in Sail"),
    (re.compile(r"spark\.sql\.session\.timeZone|partitionOverwriteMode"), "settings belong to compute/"),
    (re.compile(r"\bdecimal\b", re.IGNORECASE), "decimal division and rounding differ"),
    (re.compile(r"NOT\s+IN\b", re.IGNORECASE), "NOT IN with NULLs differs"),
    (re.compile(r"RANGE\s+BETWEEN", re.IGNORECASE), "RANGE windows over intervals differ"),
)
PATTERN_FUNCTIONS = {"rlike", "regexp", "regexp_replace", "regexp_extract", "regexp_extract_all", "regexp_like", "regexp_count", "split"}
PATTERN = re.compile(r"\\[sSwWbB]|\(\?[=!<]")


def findings(code: str) -> list[str]:
    """What is refused in a module that works on DataFrames."""
    found = []
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id if isinstance(node.func, ast.Name) else ""
            if called in NAMES:
                found.append(f"{called}: {NAMES[called]}")
            if called in PATTERN_FUNCTIONS and any(
                isinstance(a, ast.Constant) and isinstance(a.value, str) and PATTERN.search(a.value) for a in ast.walk(node)
            ):
                found.append(f"{called}: \\s, \\w beyond ASCII and look-around differ: match in a kernel")
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Invert) and "isin" in ast.unparse(node.operand):
            found.append("~isin: NOT IN with NULLs differs: use an anti join")
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            found += [f"{pattern.pattern}: {why}" for pattern, why in STRINGS if pattern.search(node.value)]
    return found


def transformation_modules() -> list[Path]:
    """Every module of the package that speaks of pyspark, but for the engines themselves."""
    return [
        path
        for path in sorted(PACKAGE.rglob("*.py"))
        if "pyspark" in path.read_text(encoding="utf-8")
        and "DataFrame" in path.read_text(encoding="utf-8")
        and path.parent.name != "compute"
    ]


def test_no_transformation_uses_what_differs_silently() -> None:
    modules = transformation_modules()
    assert PACKAGE / "silver" / "transform.py" in modules
    assert {str(path.relative_to(PACKAGE)): found for path in modules if (found := findings(path.read_text(encoding="utf-8")))} == {}


CANARIES = [
    "df.withColumn('i', f.monotonically_increasing_id())", "Window.partitionBy('a').orderBy('t').rangeBetween(-1, 0)",
    "f.get_json_object('j', '$.a[*].b')", "df.sample(0.1, seed=3)", "df.randomSplit([0.5, 0.5], 1)", "df.dropDuplicates(['a'])",
    "df.groupBy('a').agg(f.first('b'))", "df.where(~f.col('a').isin([1, None]))", "f.expr('a NOT IN (SELECT b FROM t)')",
    "f.col('a').cast('decimal(10,2)')", r"f.regexp_replace('a', r'\s+', ' ')", r"f.col('a').rlike(r'\w+')", "f.split('a', '(?<=x)')",
    "df.where('_corrupt_record is null')", "session.conf.set('spark.sql.session.timeZone', 'CET')",
    "session.conf.set('spark.sql.sources.partitionOverwriteMode', 'dynamic')", "f.input_file_name()", "df.select('_metadata.file_path')",
    "session.sql('select 1')", "f.current_timestamp()", "df.write.insertInto('t')", "df.groupBy('a').pivot('b')",
]  # fmt: skip


@pytest.mark.parametrize("canary", CANARIES)
def test_the_scan_sees_each_construct(canary: str) -> None:
    assert findings(canary)


def test_the_scan_lets_ordinary_code_pass() -> None:
    ordinary = "df.withColumn('n', f.row_number().over(w)).where(~f.col('gone')).select('a', f.regexp_replace('a', '[ab]', ''))"
    assert findings(ordinary) == []
