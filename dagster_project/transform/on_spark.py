"""The same dbt project on Apache Spark, for what one machine cannot hold: dbt/SPARK.md.

    python -m dagster_project.transform.on_spark LAKE BUILD [--conf spark.key=value]…

reads the lake, ``BUILD/selection`` and ``BUILD/judgement``, and leaves every table and published
view as Parquet in ``BUILD/spark/<schema>.db/<table>/``. It is a process of its own: the session
and its JVM live as long as it does, and nothing else of Junheng imports pyspark.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from dagster_project.project import DBT
from dagster_project.publish.export import SCHEMAS
from dagster_project.transform.manifest import arguments

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

TABLES = "spark"

# A session in this process; any of it is replaced with --conf (spark.master=yarn, …).
LOCAL = {
    "spark.app.name": "junheng",
    "spark.master": "local[2]",
    "spark.driver.memory": "2g",
    # Hundreds of short statements: compiling them to the utmost costs more than running them.
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    "spark.sql.shuffle.partitions": "4",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.maxPlanStringLength": "1000",
    "spark.ui.enabled": "false",
    "spark.log.level": "FATAL",  # what fails is raised, and dbt says it
}


def build_on_spark(
    lake: Path,
    build_dir: Path,
    *,
    selection: Path | None = None,
    judgement: Path | None = None,
    conf: Mapping[str, str] = LOCAL,
    tests: bool = True,
    project: Path = DBT,
) -> list[str]:
    """Build and test all models on Spark; a sentence for everything that failed, none if nothing.

    ``selection`` and ``judgement`` stand by default in ``build_dir``. Paths are given to Spark as
    they are: on a cluster they must mean the same on every machine. Ends with a session that stays
    open, so a process does one build.
    """
    from dbt.artifacts.schemas.run import RunExecutionResult
    from dbt.cli.main import dbtRunner
    from pyspark.sql import SparkSession

    shutil.rmtree(build_dir / TABLES, ignore_errors=True)
    os.environ |= {
        "JUNHENG_LAKE": str(lake),
        "JUNHENG_SELECTION": str(selection or build_dir / "selection"),
        "JUNHENG_JUDGEMENT": str(judgement or build_dir / "judgement"),
        "JUNHENG_BUILD": str(build_dir),
    }
    builder = SparkSession.builder.config("spark.sql.warehouse.dir", str(build_dir / TABLES))
    catalog = os.environ.get("JUNHENG_SPARK_CATALOG", "in-memory")
    builder = builder.config("spark.sql.catalogImplementation", catalog)
    for key, value in conf.items():
        builder = builder.config(key, value)
    session = builder.getOrCreate()  # dbt-spark takes the session that there is

    command = ["build", *arguments(project, build_dir / "dbt-spark"), "--target", "spark"]
    command += ["--exclude-resource-type", "unit_test"]
    if not tests:
        command += ["--exclude-resource-type", "test"]
    done = dbtRunner().invoke(command)
    if not isinstance(done.result, RunExecutionResult):
        return [f"dbt could not run: {done.exception}"]
    failures = [
        f"{node.node.name}: {(node.message or '').strip()}"
        for node in done.result.results
        if str(node.status) in ("error", "fail", "runtime error")
    ]
    if not failures and catalog == "in-memory":
        _write_views(session, build_dir / TABLES)
    return failures


def _write_views(session: SparkSession, folder: Path) -> None:
    """The published views as Parquet beside the tables; in a catalog in memory they would go."""
    for schema in SCHEMAS:
        for table in session.catalog.listTables(schema):
            if table.tableType == "VIEW" and not table.isTemporary:
                view = session.table(f"{schema}.{table.name}")
                view.write.parquet(str(folder / f"{schema}.db" / table.name))


def main(words: Sequence[str] | None = None) -> int:
    """The command line; 0 if all tables stand and hold, else 1 and a line for each fault."""
    parser = argparse.ArgumentParser(prog="python -m dagster_project.transform.on_spark")
    parser.add_argument("lake", type=Path)
    parser.add_argument("build", type=Path, help="holds selection/ and judgement/, gets spark/")
    parser.add_argument("--conf", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--no-tests", action="store_true", help="leave the dbt tests out")
    given = parser.parse_args(words)
    conf = LOCAL | dict(setting.split("=", 1) for setting in given.conf)
    failures = build_on_spark(
        given.lake.absolute(), given.build.absolute(), conf=conf, tests=not given.no_tests
    )
    for failure in failures:
        print(failure, file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    raise SystemExit(main())
