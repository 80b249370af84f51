// Puts audit events, a JSON object a line on standard input, on the stream that CAIRN_STREAM names.
//
// npm install @aws-sdk/client-kinesis

import { randomUUID } from "node:crypto";
import { text } from "node:stream/consumers";
import { setTimeout } from "node:timers/promises";

import { KinesisClient, PutRecordsCommand } from "@aws-sdk/client-kinesis";

// New for every start: with the counter it shows gaps, and which events are in the stream twice.
const producer = `billing/${randomUUID()}`;

// Bytes of a record and of a request, below the 1 MiB and 5 MiB that Kinesis takes everywhere.
const [RECORD, REQUEST] = [900_000, 4_000_000];

/**
 * Events with the key they are put under, each with an id and a number unless it has its own. They are given once: who
 * puts it again puts the same. All else stays as it stands: numbers beyond 2^53 would not survive JSON.parse.
 */
function* stamped(lines) {
  let seq = 0;
  for (let line of lines.map((line) => line.trim()).filter(Boolean)) {
    const [event, more] = [JSON.parse(line), {}];
    if (!("id" in event)) more.id = randomUUID();
    if (!("producer" in event)) more.producer = { id: producer, seq: seq++ };
    if (Object.keys(more).length > 0) line = `${line.slice(0, -1)},${JSON.stringify(more).slice(1)}`;
    const key = `${event.tenant}/${event.actor.id}`.slice(0, 256);
    const bytes = Buffer.from(`${line}\n`);
    if (bytes.length > RECORD) {
      throw new Error(`expected an event of less than ${RECORD} bytes, found ${bytes.length - 1}`);
    }
    yield { key, line: bytes };
  }
}

/** Requests of records that are lines of an actor's events, in order: no request has two of an actor. */
function* requests(events) {
  const packed = new Map();
  for (const { key, line } of events) {
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

// All are read and packed before the first is put: what is wrong with one shows while nothing is done. Not by readline: it
// ends lines where JSON does not, at U+2028.
const events = [...stamped((await text(process.stdin)).split("\n"))];
const kinesis = new KinesisClient();
for (const records of [...requests(events)]) {
  await putRecords(kinesis, process.env.CAIRN_STREAM, records);
}
console.log(`${events.length} events put`);
