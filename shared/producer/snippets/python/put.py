"""Puts audit events, a JSON object a line on standard input, on the stream that CAIRN_STREAM names.

pip install boto3
"""

import json
import os
import random
import sys
import time
import uuid

import boto3

# New for every start: with the counter it shows gaps, and which events are in the stream twice.
PRODUCER = f"billing/{uuid.uuid4()}"


def stamp(event, seq):
    """An event with an id and a number. They are given once: who puts it again puts the same."""
    return {"id": str(uuid.uuid4()), **event, "producer": {"id": PRODUCER, "seq": seq}}


def put(kinesis, stream, events):
    """Puts events in order by actor: one record for each, whose lines are its events."""
    lines = {}
    for event in events:
        key = f"{event['tenant']}/{event['actor']['id']}"
        lines.setdefault(key[:256], []).append(json.dumps(event))
    records = [
        {"PartitionKey": key, "Data": "".join(line + "\n" for line in packed).encode()}
        for key, packed in lines.items()
    ]
    for first in range(0, len(records), 500):
        put_records(kinesis, stream, records[first : first + 500])


def put_records(kinesis, stream, records):
    """Puts records, and those that were refused again, until all are taken."""
    pause = 0.1
    while records:
        try:
            answers = kinesis.put_records(StreamName=stream, Records=records)["Records"]
            records = [record for record, answer in zip(records, answers) if "ErrorCode" in answer]
        except Exception as error:  # noqa: BLE001: whatever it is, the events are still here
            print(f"not put, trying again: {error}", file=sys.stderr)
        if records:
            time.sleep(random.uniform(0, pause))
            pause = min(pause * 2, 10)


if __name__ == "__main__":
    sent = [json.loads(line) for line in sys.stdin if line.strip()]
    stamped = [stamp(event, seq) for seq, event in enumerate(sent)]
    put(boto3.client("kinesis"), os.environ["CAIRN_STREAM"], stamped)
    print(f"{len(stamped)} events put")
