"""Puts audit events, a JSON object a line on standard input, on the stream that CAIRN_STREAM names.

pip install boto3
"""

import itertools
import json
import os
import random
import sys
import time
import uuid

import boto3

# New for every start: with the counter it shows gaps, and which events are in the stream twice.
PRODUCER = f"billing/{uuid.uuid4()}"

# Bytes of a record and of a request, below the 1 MiB and 5 MiB that Kinesis takes everywhere.
RECORD, REQUEST = 900_000, 4_000_000


def stamped(lines):
    """Events with the key they are put under, each with an id and a number unless it has its own.

    They are given once: who puts it again puts the same. All else stays as it stands, numbers to the last digit.
    """
    seq = itertools.count()
    for line in filter(None, map(bytes.strip, lines)):
        event, more = json.loads(line), {}
        if "id" not in event:
            more["id"] = str(uuid.uuid4())
        if "producer" not in event:
            more["producer"] = {"id": PRODUCER, "seq": next(seq)}
        if more:
            line = line[:-1] + b"," + json.dumps(more).encode()[1:]
        if len(line) >= RECORD:
            raise ValueError(f"expected an event of less than {RECORD} bytes, found {len(line)}")
        yield f"{event['tenant']}/{event['actor']['id']}"[:256], line + b"\n"


def requests(events):
    """Requests of records that are lines of an actor's events, in order: no request has two of an actor."""
    packed = {}
    for key, line in events:
        records = packed.setdefault(key, [bytearray()])
        if len(records[-1]) + len(line) > RECORD:
            records.append(bytearray())
        records[-1] += line
    for nth in itertools.zip_longest(*packed.values()):
        request, size = [], 0
        for key, data in zip(packed, nth):
            if data and (len(request) == 500 or size + len(data) > REQUEST):
                yield request
                request, size = [], 0
            if data:
                request.append({"PartitionKey": key, "Data": bytes(data)})
                size += len(data)
        yield request


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
    # All are read and packed before the first is put: what is wrong with one shows while nothing is done.
    events = list(stamped(sys.stdin.buffer))
    kinesis = boto3.client("kinesis")
    for records in list(requests(events)):
        put_records(kinesis, os.environ["CAIRN_STREAM"], records)
    print(f"{len(events)} events put")
