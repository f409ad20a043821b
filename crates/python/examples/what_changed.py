"""Syncs the subscription into a folder and prints what changed since the last time."""

import sys
from collections import Counter

from totalcloud import Client, Estate


def main(folder: str) -> None:
    estate = Estate(folder)
    report = Client().sync(estate, tolerate_shortfall=True)
    print("sync {}: {} calls, {} rows".format(report["run"], report["calls"], report["rowsRead"]))
    runs = estate.runs()
    if len(runs) < 2:
        return
    changes = estate.diff(runs[0]["run"])
    for (kind, table), number in Counter((change["kind"], change["table"]) for change in changes).most_common():
        print(kind, table, number)


main(sys.argv[1] if len(sys.argv) > 1 else "estate")
