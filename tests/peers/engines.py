"""The current state of an estate as other engines read it, straight from its Delta tables.

All do the same, which is what the guide tells: the newest row of `sync_runs` says which version of each table belongs
together; in a table, the newest row of a key in the layer `recent` counts unless it says that the row is gone, and
where `recent` has none, the row of the layer `base`.
"""

import json
import os
import pathlib

import deltalake


class Estate:
    """Where the tables are, how to get there, and the newest run."""

    def __init__(self, url, endpoint, key, secret, region="us-east-1"):
        self.url, self.endpoint, self.key, self.secret, self.region = url, endpoint, key, secret, region
        self.options = {
            "aws_endpoint_url": endpoint,
            "aws_access_key_id": key,
            "aws_secret_access_key": secret,
            "aws_region": region,
            "aws_allow_http": "true",
        }
        runs = deltalake.DeltaTable(self.table("sync_runs"), storage_options=self.options)
        self.runs = sorted(runs.to_pyarrow_table().to_pylist(), key=lambda run: run["run"])
        self.versions = {table["table"]: table["version"] for table in self.runs[-1]["tables"]}

    def table(self, name):
        return f"{self.url}/tables/{name}"

    def delta(self, name):
        return deltalake.DeltaTable(self.table(name), version=self.versions[name], storage_options=self.options)


def current_sql(relation):
    """The current state of a table in SQL that DuckDB, Spark, Trino and DataFusion take."""
    return f"""
        WITH newest AS (
            SELECT *, row_number() OVER (PARTITION BY _key ORDER BY _run DESC) AS nth
            FROM {relation} WHERE _layer = 'recent'
        )
        SELECT {{columns}} FROM newest WHERE nth = 1 AND NOT _gone
        UNION ALL
        SELECT {{columns}} FROM {relation}
        WHERE _layer = 'base' AND _key NOT IN (SELECT _key FROM newest)"""


def counted(pairs):
    """Groups and their counts, in one order and in plain types."""
    return sorted((str(group), int(count)) for group, count in pairs)


class Question:
    """How many rows each value of a column has, of all rows or of those where another column has a value."""

    def __init__(self, table, group, where=None):
        self.table, self.group, self.where = table, group, where

    def sql(self, relation):
        condition = f" WHERE {self.where[0]} = '{self.where[1]}'" if self.where else ""
        return f'SELECT "{self.group}", count(*) AS n FROM {relation}{condition} GROUP BY 1 ORDER BY 1'

    @property
    def columns(self):
        return [self.group] + ([self.where[0]] if self.where else [])


def by_deltalake(estate, question):
    """Row by row in Python, from what the `deltalake` package reads."""
    columns = ["_key", "_run", "_gone", "_layer", *question.columns]
    base, newest = {}, {}
    for row in estate.delta(question.table).to_pyarrow_table(columns=columns).to_pylist():
        key = row["_key"]
        if row["_layer"] == "base":
            base[key] = row
        elif row["_layer"] == "recent" and (key not in newest or newest[key]["_run"] < row["_run"]):
            newest[key] = row
    counts = {}
    for row in (base | newest).values():
        if not row["_gone"] and (question.where is None or row[question.where[0]] == question.where[1]):
            counts[row[question.group]] = counts.get(row[question.group], 0) + 1
    return counted(counts.items())


def by_polars(estate, question):
    import polars as pl

    version = estate.versions[question.table]
    rows = pl.scan_delta(estate.table(question.table), version=version, storage_options=estate.options)
    newest = rows.filter(pl.col("_layer") == "recent").sort("_run").unique("_key", keep="last")
    base = rows.filter(pl.col("_layer") == "base").join(newest, on="_key", how="anti")
    columns = [pl.col(name) for name in question.columns]
    current = pl.concat([base.select(columns), newest.filter(~pl.col("_gone")).select(columns)])
    if question.where:
        current = current.filter(pl.col(question.where[0]) == question.where[1])
    return counted(current.group_by(question.group).len().collect().rows())


def duckdb_with(*extensions):
    """DuckDB with extensions that pip installed; nothing is fetched."""
    import duckdb
    import importlib.util

    connection = duckdb.connect(config={"allow_unsigned_extensions": "true", "autoinstall_known_extensions": "false"})
    homes = importlib.util.find_spec("duckdb_ext").submodule_search_locations
    for name in extensions:
        found = [path for home in homes for path in pathlib.Path(home).rglob(f"{name}.duckdb_extension")]
        connection.execute(f"LOAD '{found[0]}'")
    return connection


def by_duckdb(estate, question):
    """Through DuckDB's own reader of Delta tables."""
    connection = duckdb_with("httpfs", "delta")
    connection.execute(
        f"CREATE SECRET (TYPE s3, KEY_ID '{estate.key}', SECRET '{estate.secret}', REGION '{estate.region}', "
        f"ENDPOINT '{estate.endpoint.removeprefix('http://')}', URL_STYLE 'path', USE_SSL false)"
    )
    relation = f"delta_scan('{estate.table(question.table)}')"
    current = current_sql(relation).format(columns=", ".join(question.columns))
    return counted(connection.execute(question.sql(f"({current})")).fetchall())


class Cluster:
    """Ray with a head and two workers, each a process of its own, and Daft on top."""

    def __init__(self, folder):
        os.environ |= {"RAY_USAGE_STATS_ENABLED": "0", "DAFT_ANALYTICS_ENABLED": "0", "DO_NOT_TRACK": "1"}
        import daft
        import ray
        from ray.cluster_utils import Cluster as Nodes

        self.ray = ray
        node = {"object_store_memory": 100 << 20}
        head = {"num_cpus": 0, "include_dashboard": False, "temp_dir": folder, **node}
        self.nodes = Nodes(initialize_head=True, head_node_args=head)
        for _ in range(2):
            self.nodes.add_node(num_cpus=1, **node)
        ray.init(address=self.nodes.address, log_to_driver=False)
        daft.set_runner_ray()

    def workers(self):
        return sum(1 for node in self.ray.nodes() if node["Alive"] and node["Resources"].get("CPU"))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.ray.shutdown()
        self.nodes.shutdown()


def by_daft(estate, question):
    import daft
    from daft.io import IOConfig, S3Config

    storage = S3Config(
        endpoint_url=estate.endpoint,
        region_name=estate.region,
        key_id=estate.key,
        access_key=estate.secret,
        use_ssl=False,
        force_virtual_addressing=False,
    )
    version = estate.versions[question.table]
    rows = daft.read_deltalake(estate.table(question.table), version=version, io_config=IOConfig(s3=storage))
    recent = rows.where(rows["_layer"] == "recent")
    last = recent.groupby("_key").agg(recent["_run"].max().alias("_run"))
    newest = recent.join(last, on=["_key", "_run"])
    base = rows.where(rows["_layer"] == "base").join(newest, on="_key", how="anti")
    current = base.select(*question.columns).concat(newest.where(~newest["_gone"]).select(*question.columns))
    if question.where:
        current = current.where(current[question.where[0]] == question.where[1])
    answer = current.with_column("n", daft.lit(1)).groupby(question.group).agg(daft.col("n").sum()).to_pydict()
    return counted(zip(answer[question.group], answer["n"]))


def by_totalcloud(run, estate, question):
    """The command's own answer; `run` calls it."""
    done = run("query", question.sql(question.table), "--estate", estate.url, "--format", "ndjson")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    return counted((row[question.group], row["n"]) for row in rows)


ENGINES = {"deltalake": by_deltalake, "polars": by_polars, "duckdb": by_duckdb, "daft on ray": by_daft}
