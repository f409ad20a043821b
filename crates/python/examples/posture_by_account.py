"""Which accounts fail most controls, without any other package."""

from collections import Counter

from totalcloud import Client, PartialError


def main() -> None:
    client = Client()
    failing: "Counter[str]" = Counter()
    rows = client.evaluations("aws", progress=True)
    try:
        for row in rows:
            if (row.get("failedResources") or 0) > 0:
                failing[row["account"]] += 1
    except PartialError as e:
        print("not all of it came:", e)
    for account, controls in failing.most_common(10):
        print(account, controls)


main()
