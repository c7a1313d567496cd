#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Group-by over CSV files, a second time and plainly: Python's csv module and exact fractions.

csv_reference.py BY AGGREGATES WHERE COLUMNS FILE...
  BY          columns, separated by |, or nothing
  AGGREGATES  FN:COLUMN or count, separated by |
  WHERE       a Python expression on `row`, a dict of typed values (None = missing), or nothing
  COLUMNS     NAME=TYPE separated by |, TYPE int64, float64 or text, for every column that is used
Prints what `rask csv --format csv` should: ascending by key, missing last, shortest numbers.
Options by environment: HEADER=no, DELIMITER=c, ENCODING=name, NA=word,word.
"""
import csv
import math
import os
import sys
from fractions import Fraction

MISSING = os.environ.get("NA", r"NA,N/A,NULL,null,None,NaN,nan,\N").split(",") + [""]


def typed(text, kind):
    if text is None or text in MISSING:
        return None
    return int(text) if kind == "int64" else float(text) if kind == "float64" else text


def shown(value):
    if value is None:
        return ""
    if isinstance(value, float):
        if value == math.floor(value) and abs(value) < 1e15:
            return str(int(value))
        return repr(value)
    text = str(value)
    if text == "" or text[0] == " " or text[-1] == " " or any(c in text for c in ',"\r\n'):
        return '"' + text.replace('"', '""') + '"'
    return text


def exact(values):
    return sum((Fraction(v) for v in values), Fraction(0))


def variance(values):
    n = len(values)
    if n < 2:
        return None
    total = exact(values)
    return float((sum(Fraction(v) ** 2 for v in values) - total * total / n) / (n - 1))


def total(values):
    if values and isinstance(values[0], int):
        return sum(values)
    return float(exact(values)) if values else 0


AGGREGATES = {
    "count": len,
    "sum": total,
    "mean": lambda v: float(exact(v) / len(v)) if v else None,
    "min": lambda v: min(v, key=lambda x: x.encode() if isinstance(x, str) else x) if v else None,
    "max": lambda v: max(v, key=lambda x: x.encode() if isinstance(x, str) else x) if v else None,
    "var": variance,
    "std": lambda v: None if len(v) < 2 else math.sqrt(variance(v)),
    "first": lambda v: v[0] if v else None,
    "last": lambda v: v[-1] if v else None,
    "nunique": lambda v: len(set(v)),
}


def records(path, types):
    encoding = os.environ.get("ENCODING", "utf-8-sig")
    with open(path, newline="", encoding=encoding) as stream:
        rows = csv.reader(stream, delimiter=os.environ.get("DELIMITER", ","))
        names = None
        for row in rows:
            if not row:  # an empty line
                continue
            if names is None and os.environ.get("HEADER") != "no":
                names = row
                continue
            if names is None:
                names = ["c%d" % (i + 1) for i in range(len(row))]
            found = dict(zip(names, row))
            yield {name: typed(found.get(name), kind) for name, kind in types.items()}


def order(part):
    if part is None:
        return (1, 0)
    return (0, part.encode() if isinstance(part, str) else part)


def main():
    by, aggregates, where, columns, *files = sys.argv[1:]
    by = by.split("|") if by else []
    aggregates = [(a.split(":", 1) + [None])[:2] for a in aggregates.split("|")]
    types = dict(c.rsplit("=", 1) for c in columns.split("|"))
    condition = compile(where or "True", "where", "eval")
    groups = {} if by else {(): []}
    for path in files:
        for row in records(path, types):
            if eval(condition, {"row": row}):
                groups.setdefault(tuple(row[k] for k in by), []).append(row)
    labels = [fn if column is None else fn + "_" + column for fn, column in aggregates]
    print(",".join(shown(name) for name in by + labels))
    for key in sorted(groups, key=lambda k: [order(part) for part in k]):
        cells = list(key)
        for fn, column in aggregates:
            rows = groups[key]
            values = rows if column is None else [r[column] for r in rows if r[column] is not None]
            cells.append(AGGREGATES[fn](values))
        print(",".join(shown(cell) for cell in cells))


main()
