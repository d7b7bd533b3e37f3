"""How far one machine goes with a register of pupils: what a million rows cost DuckDB.

    python -m tests.benchmarks.pupils WORK 2 8 16      # millions of pupils, two semesters each

Rows are made up (19-character ids, 80 schools' worth of 1,000 pupils for each 80,000). Measured are
the three questions that turn a register into the returns that Junheng reads: classes per school,
who moved between two semesters, and ids that stand twice. See dbt/SPARK.md.
"""

from __future__ import annotations

import resource
import sys
import time
from pathlib import Path

import duckdb

MEMORY, THREADS = "2GB", 2
PUPILS_A_SCHOOL = 1000

_MAKE = """
    copy (
        select 'G' || lpad(cast(hash(i) % 1000000000000000000 as varchar), 18, '0') as pupil_id,
               lpad(cast((i + case when hash(i) % 1000 < {moved} then 1000 else 0 end)
                    // {pupils_a_school} as varchar), 10, '0') as school_id,
               i % 9 + 1 as grade, i % 20 + 1 as class
        from range({pupils}) as register(i) where hash(i) % 1000 >= {gone}
    ) to '{path}' (format parquet, compression zstd)
"""
QUESTIONS = {
    "classes": """
        select school_id, grade, class, count(*) from '{now}' group by all
    """,
    "movements": """
        select coalesce(now.school_id, before.school_id),
               count(*) filter (where before.school_id is null),
               count(*) filter (where now.school_id is null),
               count(*) filter (where now.school_id <> before.school_id)
        from '{now}' as now full join '{before}' as before using (pupil_id)
        where now.school_id is distinct from before.school_id group by 1
    """,
    "twice": """
        select hash(pupil_id), count(*) from '{now}' group by 1 having count(*) > 1
    """,
}


def main(work: Path, millions: int) -> None:
    """Print what each question costs at one size."""
    pupils = millions * 1_000_000
    files = {name: work / f"{name}-{millions}.parquet" for name in ("before", "now")}
    with duckdb.connect(
        config={
            "memory_limit": MEMORY,
            "threads": THREADS,
            "temp_directory": str(work / "spill"),
            "preserve_insertion_order": False,
        }
    ) as connection:
        for (_name, path), moved, gone in zip(files.items(), (0, 15), (0, 5), strict=True):
            if not path.exists():
                values = {"pupils": pupils, "path": path, "moved": moved, "gone": gone}
                connection.execute(_MAKE.format(**values, pupils_a_school=PUPILS_A_SCHOOL))
        print(f"{millions} M pupils, {files['now'].stat().st_size / 1e6:.0f} MB a semester")
        for question, sql in QUESTIONS.items():
            begun, cpu = time.perf_counter(), time.process_time()
            rows = connection.sql(sql.format(**files)).aggregate("count(*)").fetchall()[0][0]
            print(
                f"  {question}: {rows} rows, cpu {time.process_time() - cpu:.1f} s,"
                f" wall {time.perf_counter() - begun:.1f} s"
            )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"  peak {peak:.2f} GiB of resident memory so far")


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for size in map(int, sys.argv[2:]):
        main(folder, size)
