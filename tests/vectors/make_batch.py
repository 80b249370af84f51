#!/usr/bin/env python3
"""Made `batch.parquet` beside it, once, from section 11 of SPEC.md: the object of the first batch of
section 14, by an implementation apart from the Rust one. Never touches a file that is there; no test
runs it. Its zstd frames hold their content as it is, which is one of the ways to write them."""
import datetime
import json
import pathlib

HERE = pathlib.Path(__file__).parent
FILE = HERE / "batch.parquet"
BOOLEAN, I16, I32, I64, BINARY, LIST, STRUCT = 1, 4, 5, 6, 8, 9, 12


# Thrift's compact protocol. A structure is a list of (id, type, value); a list is (type, values).

def varint(value):
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(out) + bytes([value])


def thrift(kind, value):
    if kind in (I16, I32, I64):
        return varint(value << 1 if value >= 0 else (-value << 1) - 1)
    if kind == BINARY:
        return varint(len(value)) + value
    if kind == LIST:
        of, values = value
        length = len(values)
        head = bytes([length << 4 | of]) if length < 15 else bytes([0xF0 | of]) + varint(length)
        return head + b"".join(thrift(of, value) for value in values)
    out, last = b"", 0
    for field, kind, value in value:
        if kind == BOOLEAN:
            out += bytes([field - last << 4 | (1 if value else 2)])
        else:
            out += bytes([field - last << 4 | kind]) + thrift(kind, value)
        last = field
    return out + b"\0"


# The columns.

TIMESTAMP, INTEGER, STRING, BYTES = "timestamp", "integer", "string", "binary"
COLUMNS = [("time", TIMESTAMP), ("arrived", TIMESTAMP)] + [(name, STRING) for name in (
    "tenant", "actor_type", "actor_id", "action", "resource_type", "resource_id", "outcome", "source_ip",
    "session", "trace_id", "id", "chain")] + [("number", INTEGER), ("index", INTEGER)] + [
    ("sequence_number", STRING), ("event", STRING), ("private", BYTES), ("key_id", STRING)]
REQUIRED = {"arrived", "chain", "number", "index", "sequence_number", "event"}
# Two of those that may have one.
DICTIONARIES = {"tenant", "chain"}
INT64, BYTE_ARRAY = 2, 6
PLAIN, RLE, RLE_DICTIONARY, ZSTD = 0, 3, 8, 6


def physical(kind):
    return INT64 if kind in (TIMESTAMP, INTEGER) else BYTE_ARRAY


def micros(text):
    fraction = (text[19:].rstrip("Z").split("+")[0].lstrip(".") + "000000")[:6]
    zone = "+00:00" if text.endswith("Z") else text[-6:]
    return int(datetime.datetime.fromisoformat(text[:19] + zone).timestamp()) * 1_000_000 + int(fraction)


def row(leaf, number, index):
    read = json.loads(leaf)
    event = read if read["kind"] == "event" else {}
    actor, resource = event.get("actor", {}), event.get("resource", {})
    return {
        "time": micros(event["time"]) if event else None, "arrived": micros(read["arrived"]),
        "tenant": event.get("tenant"), "actor_type": actor.get("type"), "actor_id": actor.get("id"),
        "action": event.get("action"), "resource_type": resource.get("type"),
        "resource_id": resource.get("id"), "outcome": event.get("outcome"),
        "source_ip": event.get("source", {}).get("ip"), "session": actor.get("session"),
        "trace_id": event.get("trace", {}).get("trace_id"), "id": event.get("id"),
        "chain": read["coordinates"]["chain"], "number": number, "index": index,
        "sequence_number": read["coordinates"]["sequence"], "event": leaf, "private": None, "key_id": None}


# Pages.

def frame(content):
    """One segment with its size in eight bytes, in raw blocks."""
    blocks = [content[at:at + 0x20000] for at in range(0, len(content), 0x20000)] or [b""]
    heads = [(len(block) << 3 | (block is blocks[-1])).to_bytes(3, "little") for block in blocks]
    head = b"\x28\xb5\x2f\xfd\xe0" + len(content).to_bytes(8, "little")
    return head + b"".join(head + block for head, block in zip(heads, blocks))


def plain(value):
    if isinstance(value, int):
        return value.to_bytes(8, "little", signed=True)
    return len(value).to_bytes(4, "little") + value


def bits(flags):
    return sum(1 << place for place, flag in enumerate(flags) if flag).to_bytes((len(flags) + 7) // 8, "little")


def levels(values):
    there = [value is not None for value in values]
    if all(there) or not any(there):
        run = varint(len(values) << 1) + bytes([there[0]])
    else:
        run = varint((len(values) + 7) // 8 << 1 | 1) + bits(there)
    return len(run).to_bytes(4, "little") + run


def places(values, entries):
    if len(entries) == 1:
        return b"\x08" + varint(len(values) << 1) + b"\0"
    groups = (len(values) + 7) // 8
    packed = bytes(entries.index(value) for value in values)
    return b"\x08" + varint(groups << 1 | 1) + packed.ljust(groups * 8, b"\0")


def page(content, values, encoding, dictionary):
    packed = frame(content)
    header = [(1, I32, 2 if dictionary else 0), (2, I32, len(content)), (3, I32, len(packed))]
    about = [(1, I32, values), (2, I32, encoding)]
    if dictionary:
        header.append((7, STRUCT, about))
    else:
        header.append((5, STRUCT, about + [(3, I32, RLE), (4, I32, RLE)]))
    head = thrift(STRUCT, header)
    return head + packed, len(head) + len(content)


def column(name, kind, values, at):
    """The pages of a column that starts at a byte, and its ColumnMetaData."""
    values = [value.encode() if isinstance(value, str) else value for value in values]
    there = [value for value in values if value is not None]
    start = b"" if name in REQUIRED else levels(values)
    entries = list(dict.fromkeys(there)) if name in DICTIONARIES else None
    if entries:
        first, size = page(b"".join(map(plain, entries)), len(entries), PLAIN, True)
        pages = [(start + places(there, entries), len(values), RLE_DICTIONARY)]
    else:
        first, size = b"", 0
        # Two pages where there is a row for each: how many is open.
        cut = max(1, len(values) // 2)
        parts = [part for part in (values[:cut], values[cut:]) if part]
        pages = [((b"" if name in REQUIRED else levels(part))
                  + b"".join(plain(value) for value in part if value is not None), len(part), PLAIN)
                 for part in parts]
    data = b""
    for content, count, encoding in pages:
        packed, unpacked = page(content, count, encoding, False)
        data, size = data + packed, size + unpacked
    statistics = [(3, I64, len(values) - len(there))]
    if there and name not in ("event", "private") and max(len(plain(max(there))), len(plain(min(there)))) <= 260:
        raw = plain if isinstance(there[0], int) else bytes
        statistics += [(5, BINARY, raw(max(there))), (6, BINARY, raw(min(there))),
                       (7, BOOLEAN, True), (8, BOOLEAN, True)]
    about = [(1, I32, physical(kind)), (2, LIST, (I32, [PLAIN, RLE] + [RLE_DICTIONARY] * bool(entries))),
             (3, LIST, (BINARY, [name.encode()])), (4, I32, ZSTD), (5, I64, len(values)), (6, I64, size),
             (7, I64, len(first) + len(data)), (9, I64, at + len(first))]
    if entries:
        about.append((11, I64, at))
    return first + data, about + [(12, STRUCT, statistics)], size


def element(name, kind):
    about = [(1, I32, physical(kind)), (3, I32, 0 if name in REQUIRED else 1), (4, BINARY, name.encode())]
    if kind == STRING:
        about += [(6, I32, 0), (10, STRUCT, [(1, STRUCT, [])])]
    if kind == TIMESTAMP:
        unit = [(1, BOOLEAN, True), (2, STRUCT, [(2, STRUCT, [])])]
        about += [(6, I32, 10), (10, STRUCT, [(8, STRUCT, unit)])]
    return about


def parquet(header, rows):
    file, chunks, size = b"PAR1", [], 0
    for name, kind in COLUMNS:
        pages, about, unpacked = column(name, kind, [row[name] for row in rows], len(file))
        file, size = file + pages, size + unpacked
        chunks.append([(2, I64, 0), (3, STRUCT, about)])
    group = [(1, LIST, (STRUCT, chunks)), (2, I64, size), (3, I64, len(rows)), (5, I64, 4),
             (6, I64, len(file) - 4), (7, I16, 0)]
    root = [(4, BINARY, b"cairn"), (5, I32, len(COLUMNS))]
    footer = thrift(STRUCT, [
        (1, I32, 1), (2, LIST, (STRUCT, [root] + [element(*column) for column in COLUMNS])),
        (3, I64, len(rows)), (4, LIST, (STRUCT, [group])),
        (5, LIST, (STRUCT, [[(1, BINARY, b"cairn.header"), (2, BINARY, header.encode())]])),
        (6, BINARY, b"cairn-batch 1"),
        (7, LIST, (STRUCT, [[(1, STRUCT, [])]] * len(COLUMNS)))])
    return file + footer + len(footer).to_bytes(4, "little") + b"PAR1"


def main():
    events = json.loads((HERE / "events.json").read_text())
    header = json.loads((HERE / "headers.json").read_text())["objects_own"]
    leaves = [event["canonical"] for event in events["events"][:2]] + [events["rejection"]["canonical"]]
    made = parquet(header, [row(leaf, 0, index) for index, leaf in enumerate(leaves)])
    if not FILE.exists():
        FILE.write_bytes(made)


main()
