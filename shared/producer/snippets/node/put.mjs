// Puts audit events, a JSON object a line on standard input, on the stream that CAIRN_STREAM names.
//
// npm install @aws-sdk/client-kinesis

import { randomUUID } from "node:crypto";
import { createInterface } from "node:readline/promises";
import { setTimeout } from "node:timers/promises";

import { KinesisClient, PutRecordsCommand } from "@aws-sdk/client-kinesis";

// New for every start: with the counter it shows gaps, and which events are in the stream twice.
const producer = `billing/${randomUUID()}`;

// Bytes of a record and of a request, below the 1 MiB and 5 MiB that Kinesis takes everywhere.
const [RECORD, REQUEST] = [900_000, 4_000_000];

/**
 * The line of an event, with an id and a number. They are given once: who puts it again puts the same. All else
 * stays as it stands: numbers beyond 2^53 would not survive JSON.parse.
 */
function stamp(text, event, seq) {
  const id = event.id ? {} : { id: randomUUID() };
  const more = JSON.stringify({ ...id, producer: { id: producer, seq } });
  const line = Buffer.from(`${text.trimEnd().slice(0, -1)},${more.slice(1)}\n`);
  if (line.length > RECORD) {
    throw new Error(`expected an event of at most ${RECORD} bytes, found ${line.length}`);
  }
  return line;
}

/** Requests of records that are lines of an actor's events, in order: no request has two of an actor. */
function* requests(stamped) {
  const packed = new Map();
  for (const { key, line } of stamped) {
    const records = packed.get(key) ?? [{ lines: [], size: 0 }];
    packed.set(key, records);
    if (records.at(-1).size + line.length > RECORD) records.push({ lines: [], size: 0 });
    records.at(-1).lines.push(line);
    records.at(-1).size += line.length;
  }
  for (let nth = 0; [...packed.values()].some((records) => nth < records.length); nth++) {
    let [request, size] = [[], 0];
    for (const [PartitionKey, records] of packed) {
      const record = records[nth];
      if (!record) continue;
      if (request.length === 500 || size + record.size > REQUEST) {
        yield request;
        [request, size] = [[], 0];
      }
      request.push({ PartitionKey, Data: Buffer.concat(record.lines) });
      size += record.size;
    }
    yield request;
  }
}

/** Puts records, and those that were refused again, until all are taken. */
async function putRecords(kinesis, stream, records) {
  for (let pause = 100; records.length > 0; pause = Math.min(pause * 2, 10_000)) {
    try {
      const answer = await kinesis.send(new PutRecordsCommand({ StreamName: stream, Records: records }));
      records = records.filter((_, place) => answer.Records[place].ErrorCode);
    } catch (error) {
      // Whatever it is, the events are still here.
      console.error(`not put, trying again: ${error}`);
    }
    if (records.length > 0) await setTimeout(Math.random() * pause);
  }
}

const stamped = [];
for await (const text of createInterface({ input: process.stdin })) {
  if (!text.trim()) continue;
  const event = JSON.parse(text);
  const key = `${event.tenant}/${event.actor.id}`.slice(0, 256);
  stamped.push({ key, line: stamp(text, event, stamped.length) });
}
const kinesis = new KinesisClient();
for (const records of [...requests(stamped)]) {
  await putRecords(kinesis, process.env.CAIRN_STREAM, records);
}
console.log(`${stamped.length} events put`);
