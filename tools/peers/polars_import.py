"""Imports a file of ratings with polars: filters, dense ids, one user after another in time order, one file.

usage: polars_import.py --probe                                  (says whether polars is installed)
       polars_import.py --file CSV --output FOLDER [FILTER ...]  (min-rating:R, min-item-events:N, min-user-events:N)

The CSV has no header; its columns are user, item, rating and time. Filters are applied once, in the order given.
"""

import argparse
import importlib.util
import json
import os
import resource
import time


def filtered(events, name, polars):
    """Applies one filter by its name, such as min-rating:3."""
    kind, value = name.split(":")
    if kind == "min-rating":
        return events.filter(polars.col("rating") >= float(value))
    column = {"min-item-events": "item", "min-user-events": "user"}[kind]
    return events.filter(polars.len().over(column) >= int(value))


def run(file, output, filters):
    """Imports the file and returns the report."""
    import polars

    begin = time.perf_counter()
    schema = {
        "user": polars.String, "item": polars.String, "rating": polars.Float32,
        "time": polars.Int64,
    }
    events = polars.scan_csv(file, has_header=False, schema=schema)
    for name in filters:
        events = filtered(events, name, polars)
    events = events.collect()
    os.makedirs(output, exist_ok=True)
    sizes = {}
    for column in ["user", "item"]:
        names = events.select(polars.col(column).unique().sort()).with_row_index("id")
        sizes[column] = len(names)
        names.write_parquet(os.path.join(output, f"{column}s.parquet"))
        events = events.join(names, on=column, how="left").drop(column)
        events = events.rename({"id": column})
    events = events.sort("user", "time", maintain_order=True)
    events.write_parquet(os.path.join(output, "events.parquet"))
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "seconds": time.perf_counter() - begin,
        "userSeconds": usage.ru_utime,
        "systemSeconds": usage.ru_stime,
        "peakMemory": usage.ru_maxrss * 1024,
        "users": sizes["user"],
        "items": sizes["item"],
        "events": len(events),
        "engine": f"polars {polars.__version__}",
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--probe", action="store_true")
    parser.add_argument("--file")
    parser.add_argument("--output")
    parser.add_argument("filters", nargs="*")
    options = parser.parse_args()
    if options.probe:
        report = {"polars": importlib.util.find_spec("polars") is not None}
    else:
        report = run(options.file, options.output, options.filters)
    print(json.dumps(report))


main()
