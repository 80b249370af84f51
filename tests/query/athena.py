"""Asks questions in Athena's SQL: the Athena of the local cloud as they are, and DuckDB in translation.

Reads JSON from standard input: `endpoint`, `region`, `bucket` (the archive), `catalog` (catalog.json), `queries`, each with
`name`, `sql` and `parameters` (SQL literals, as Athena's ExecutionParameters are). Before it asks, it copies objects
(`copy`: pairs of keys) and deletes some (`hide`: keys). Writes JSON: for each query what both engines answered,
`{"rows": [...]}` or `{"error": "..."}`. Of `file`, a batch, it tells the columns alone.
"""

import datetime
import json
import pathlib
import re
import sys
import tempfile
import time

import boto3
import duckdb
import sqlglot
from sqlglot import exp

# Types of the catalog, and what DuckDB finds in objects.
TYPES = {"bigint": "BIGINT", "binary": "BLOB", "string": "VARCHAR", "timestamp": "TIMESTAMP WITH TIME ZONE"}

# What Athena has and DuckDB lacks, beyond what sqlglot translates.
MACROS = [
    "create macro with_timezone(t, zone) as timezone(zone, t)",
    "create macro at_timezone(t, zone) as timezone(zone, t)",
]

RESULTS = "query-results"


def main():
    asked = json.load(sys.stdin)
    if "file" in asked:
        return {"columns": columns([asked["file"]])}
    session = boto3.Session("test", "test", region_name=asked["region"])
    client = lambda service: session.client(service, endpoint_url=asked["endpoint"])
    s3, bucket = client("s3"), asked["bucket"]
    for source_key, key in asked.get("copy", []):
        s3.copy_object(Bucket=bucket, Key=key, CopySource={"Bucket": bucket, "Key": source_key})
    for key in asked.get("hide", []):
        s3.delete_object(Bucket=bucket, Key=key)
    register(client("glue"), s3, bucket, asked["catalog"])
    with tempfile.TemporaryDirectory() as folder:
        db = database(s3, bucket, asked["catalog"], pathlib.Path(folder))
        answers = {}
        for query in asked["queries"]:
            check(query, asked["catalog"]["tables"])
            answers[query["name"]] = {
                "athena": ask_athena(client("athena"), query),
                "duckdb": ask_duckdb(db, query),
            }
        return answers


def register(glue, s3, bucket, catalog):
    """The tables, as Terraform makes them; once."""
    if glue.get_databases()["DatabaseList"]:
        return
    s3.create_bucket(Bucket=RESULTS)
    glue.create_database(DatabaseInput={"Name": "cairn"})
    for name, table in catalog["tables"].items():
        partitions = table.get("partitions", [])
        keep = lambda column: {"Name": column["name"], "Type": column["type"]}
        glue.create_table(
            DatabaseName="cairn",
            TableInput={
                "Name": name,
                "TableType": "EXTERNAL_TABLE",
                "Parameters": {"classification": "parquet"},
                "PartitionKeys": [keep(partition) for partition in partitions],
                "StorageDescriptor": {
                    "Columns": [keep(column) for column in of_objects(catalog, table)],
                    "Location": f"s3://{bucket}/{table['location']}",
                },
            },
        )


def of_objects(catalog, table):
    """The columns that a table takes from objects: all but those that are partitions of it."""
    taken = [partition["name"] for partition in table.get("partitions", [])]
    return [column for column in catalog["columns"] if column["name"] not in taken]


def check(query, tables):
    """Athena takes it: it parses, has its parameters, and names what an injected partition asks for."""
    tree = sqlglot.parse_one(query["sql"], read="athena")
    assert tree.find(exp.Command) is None, "sqlglot did not understand it"
    # A mark in a comment or a string would be taken for a parameter by a careless reader, such as with_parameters.
    marks = len(list(tree.find_all(exp.Placeholder)))
    assert marks == query["sql"].count("?") == len(query["parameters"]), query["name"]
    for mark in tree.find_all(exp.Placeholder):
        assert mark.find_ancestor(exp.Where), "Athena takes parameters in WHERE alone"
    named = {side.name for equal in tree.find_all(exp.EQ) for side in (equal.left, equal.right)}
    for table in tree.find_all(exp.Table):
        for partition in tables.get(table.name, {}).get("partitions", []):
            if partition["projection"]["type"] == "injected":
                assert partition["name"] in named, f"{partition['name']} must be named"


def with_parameters(query):
    """The emulator knows no ExecutionParameters."""
    parts = query["sql"].split("?")
    return "".join(part + value for part, value in zip(parts, query["parameters"] + [""]))


def ask_athena(athena, query):
    started = athena.start_query_execution(
        QueryString=with_parameters(query),
        QueryExecutionContext={"Database": "cairn"},
        ResultConfiguration={"OutputLocation": f"s3://{RESULTS}/"},
    )
    execution = {"QueryExecutionId": started["QueryExecutionId"]}
    while True:
        status = athena.get_query_execution(**execution)["QueryExecution"]["Status"]
        if status["State"] == "FAILED":
            return {"error": status["StateChangeReason"]}
        if status["State"] == "SUCCEEDED":
            break
        time.sleep(0.05)
    rows = []
    for page in athena.get_paginator("get_query_results").paginate(**execution):
        types = [column["Type"] for column in page["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]]
        rows += [[datum.get("VarCharValue") for datum in row["Data"]] for row in page["ResultSet"]["Rows"]]
    return {"rows": [[value(*pair) for pair in zip(row, types)] for row in rows[1:]]}


def value(text, type):
    if text is None:
        return None
    if type in ("integer", "bigint"):
        return int(text)
    return moment(datetime.datetime.fromisoformat(text)) if type == "timestamp" else text


def moment(time):
    """As Athena writes it: UTC, without saying so."""
    if time.tzinfo:
        time = time.astimezone(datetime.timezone.utc).replace(tzinfo=None)
    return time.isoformat(sep=" ", timespec="milliseconds")


def ask_duckdb(db, query):
    [sql] = sqlglot.transpile(with_parameters(query), read="athena", write="duckdb")
    found = db.execute(sql).fetchall()
    plain = lambda cell: moment(cell) if isinstance(cell, datetime.datetime) else cell
    return {"rows": [[plain(cell) for cell in row] for row in found]}


def database(s3, bucket, catalog, folder):
    """The tables as views over the very objects: all below the location, or where the template puts partitions."""
    db = duckdb.connect()
    for macro in MACROS:
        db.execute(macro)
    for name, table in catalog["tables"].items():
        files = fetch(s3, bucket, table["location"], folder)
        chosen = ", ".join(f"{read(column)} as \"{column['name']}\"" for column in of_objects(catalog, table))
        for partition in table.get("partitions", []):
            chosen += f", regexp_extract(filename, '{pattern(table, partition)}', 1) as \"{partition['name']}\""
        if files:
            found = dict(columns(files))
            for column in of_objects(catalog, table):
                assert found[column["name"]] == TYPES[column["type"]], column
            db.execute(f"create view {name} as select {chosen} from {source(files)}")
    return db


def fetch(s3, bucket, prefix, folder):
    files = []
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for item in page.get("Contents", []):
            file = folder / item["Key"]
            file.parent.mkdir(parents=True, exist_ok=True)
            s3.download_file(bucket, item["Key"], str(file))
            files.append(str(file))
    return files


def pattern(table, partition):
    """Finds a partition's value in an object's key, by the template."""
    places = re.split(r"\$\{(\w+)\}", table["template"])
    texts = [re.escape(text) for text in places[0::2]]
    groups = ["([^/]+)" if name == partition["name"] else "[^/]+" for name in places[1::2]]
    return "".join(text + group for text, group in zip(texts, groups + [""])) + "[^/]+$"


def read(column):
    # Athena's timestamps have no zone; these are in UTC.
    return f"timezone('UTC', \"{column['name']}\")" if column["type"] == "timestamp" else f"\"{column['name']}\""


def source(files):
    return f"read_parquet({files}, filename = true, hive_partitioning = false)"


def columns(files):
    """Names and types of the columns that objects have, in their order."""
    described = duckdb.sql(f"describe select * exclude (filename) from {source(files)}").fetchall()
    return [[row[0], row[1]] for row in described]


json.dump(main(), sys.stdout)
