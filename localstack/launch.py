"""Runs the emulator for as long as somebody wants it, and leaves nothing behind.

usage: launch.py FOLDER PORT owned|detached

FOLDER   the emulator's own. Its log lies there, locked by the caller and inherited as stdout and
         stderr, so the lock lasts exactly as long as this process does.
PORT     0 picks a free one.
owned    ends when stdin ends, that is, however the process at its other end dies; removes FOLDER.
detached ends when FOLDER/run.json is gone or no longer ours: no signal can reach a stranger who
         was given our process id, and deleting the folder stops the emulator. Keeps the log.

Writes FOLDER/run.json once it listens. The socket is bound here and handed over open, so no other
process can take the port in between.
"""

import asyncio
import hashlib
import inspect
import json
import os
import shutil
import signal
import socket
import sys
import threading
import time

PORT_IN_USE = 98  # exit code; the number of EADDRINUSE on Linux


def end(folder):
    """Ends this process and every function process that the emulator started."""
    signal_children()
    shutil.rmtree(folder, ignore_errors=True)
    os.killpg(0, signal.SIGKILL)


def signal_children():
    """Asks the function processes to end and reaps them: not every container has an init that would."""
    global ending
    ending = True
    os.killpg(0, signal.SIGTERM)
    deadline = time.monotonic() + 1
    while time.monotonic() < deadline:
        try:
            os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        time.sleep(0.02)


ending = False


def on_sigterm(folder):
    if not ending:
        end(folder)


def listen(port):
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
    except OSError as error:
        print(f"cannot listen on 127.0.0.1:{port}: {error}", flush=True)
        sys.exit(PORT_IN_USE)
    listener.listen(512)
    return listener


def announce(folder, port):
    """Writes run.json and returns what tells it from any other file of that name."""
    path = os.path.join(folder, "run.json")
    temporary = path + ".new"
    with open(temporary, "w") as file:
        json.dump({"pid": os.getpid(), "port": port}, file)
    os.replace(temporary, path)
    return os.stat(path).st_ino


def still_wanted(folder, inode):
    try:
        return os.stat(os.path.join(folder, "run.json")).st_ino == inode
    except OSError:
        return False


def end_with_owner(folder):
    # `read` returns nothing only once every copy of the other end is closed.
    while os.read(0, 4096):
        pass
    end(folder)


def end_when_unwanted(folder, scratch, inode):
    while still_wanted(folder, inode):
        time.sleep(0.2)
    end(scratch)


def watch(function, *arguments):
    threading.Thread(target=function, args=arguments, daemon=True).start()


def number_as_kinesis_does():
    """Gives records 56 digits, as AWS does. The emulator's own numbers begin with zeros, which a
    sequence number never does, and are compared as text, so the zeros cannot just be left out."""
    from ministack.services import kinesis

    short = kinesis._next_sequence_number
    kinesis._next_sequence_number = lambda: "49" + short().zfill(54)


def expect(module, **sources):
    """Ends the start where the emulator's code is not what the changes below were made for."""
    for name, expected in sources.items():
        source = inspect.getsource(getattr(module, name)).encode()
        found = hashlib.sha256(source).hexdigest()
        if found != expected:
            sys.exit(f"{module.__name__}.{name}: expected code with SHA-256 {expected}, found {found}")


ENDING = "ending_sequence_number"  # what a shard has once it is closed


def keep_parents_when_resharding():
    """The emulator forgets a shard that is split or merged, with all records in it. Here, as on AWS,
    it stays, closed: it takes no more records, and has an ending sequence number."""
    from ministack.services import kinesis

    expect(
        kinesis,
        _split_shard="79e732074645c7472af0a7567e70ffe02fc8a1aea3acad964b86db7d19c0e126",
        _merge_shards="4440fcd2a9bb9c94fe58bc63fa9df6463ebdad887fdc517c1801c2e6e39fe8ac",
        _route_to_shard="e45cf7a2b75843a335ca888b48ed23b63fd4289b42da6ff1976db723f54e0434",
    )

    def resharding(original, members):
        def reshard(data):
            _, stream = kinesis._resolve_stream(data)
            before = dict(stream["shards"]) if stream else {}
            for shard in (data.get(member) for member in members):
                if ENDING in before.get(shard, {}):
                    return kinesis.error_response_json("InvalidArgumentException", f"Shard {shard} is closed", 400)
            end = kinesis._next_sequence_number()  # before the children begin
            answer = original(data)
            for shard in before.keys() - (stream["shards"].keys() if stream else set()):
                stream["shards"][shard] = {**before[shard], ENDING: end}
            return answer

        return reshard

    def refuse_count(data):
        message = "UpdateShardCount is not supported here: split or merge shards"
        return kinesis.error_response_json("InvalidArgumentException", message, 400)

    route = kinesis._route_to_shard
    kinesis._split_shard = resharding(kinesis._split_shard, ["ShardToSplit"])
    kinesis._merge_shards = resharding(kinesis._merge_shards, ["ShardToMerge", "AdjacentShardToMerge"])
    kinesis._update_shard_count = refuse_count
    kinesis._route_to_shard = lambda key, stream: route(key, {**stream, "shards": open_shards(stream)})


def open_shards(stream):
    return {name: shard for name, shard in stream["shards"].items() if ENDING not in shard}


def tell_of_closed_shards():
    """Who has read all of a closed shard is given no further iterator; only open shards are counted."""
    from ministack.services import kinesis

    expect(
        kinesis,
        _shard_out="3124090ac60fae17ea8756888bf2b946f4fe49316bf66323fc04a8905f733e56",
        _get_records="b9eb8fa90228500dedeedcb898cef78bff7a199e1538d595644e2ff98c4c21f5",
        _describe_stream_summary="a63741b068a7d68f4097f437f9aa791cc9eec037117a75a36f09c110f8a037b1",
    )
    describe, read, summarise = kinesis._shard_out, kinesis._get_records, kinesis._describe_stream_summary

    def shard_out(shard_id, shard):
        out = describe(shard_id, shard)
        if ENDING in shard:
            out["SequenceNumberRange"]["EndingSequenceNumber"] = shard[ENDING]
        return out

    def get_records(data):
        status, _, body = answer = read(data)
        if status != 200:
            return answer
        body = json.loads(body)
        state = kinesis._shard_iterators[body["NextShardIterator"]]
        shard = kinesis._streams[state["stream"]]["shards"][state["shard_id"]]
        if ENDING not in shard or state["position"] < len(shard["records"]):
            return answer
        del kinesis._shard_iterators[body["NextShardIterator"]], body["NextShardIterator"]
        return kinesis.json_response(body)

    def summary(data):
        status, _, body = answer = summarise(data)
        _, stream = kinesis._resolve_stream(data)
        if status != 200 or not stream:
            return answer
        body = json.loads(body)
        body["StreamDescriptionSummary"]["OpenShardCount"] = len(open_shards(stream))
        return kinesis.json_response(body)

    kinesis._shard_out = shard_out
    kinesis._get_records = get_records
    kinesis._describe_stream_summary = summary


async def forever():
    await asyncio.Event().wait()


def main():
    folder, port, owned = sys.argv[1], int(sys.argv[2]), sys.argv[3] == "owned"
    scratch = os.path.join(folder, "scratch")
    os.setsid()  # own group: function processes join it, the terminal's Ctrl-C does not reach it
    signal.signal(signal.SIGTERM, lambda *_: on_sigterm(folder if owned else scratch))
    if owned:
        watch(end_with_owner, folder)

    listener = listen(port)
    port = listener.getsockname()[1]
    os.environ["GATEWAY_PORT"] = str(port)
    os.environ["AWS_ENDPOINT_URL"] = f"http://127.0.0.1:{port}"

    # Only now: the emulator reads its environment while it is imported.
    from hypercorn.asyncio import serve
    from hypercorn.config import Config
    from ministack.app import app

    number_as_kinesis_does()
    keep_parents_when_resharding()
    tell_of_closed_shards()
    config = Config()
    config.bind = [f"fd://{listener.detach()}"]
    config.keep_alive_timeout = 75
    config.loglevel = os.environ["LOG_LEVEL"]

    inode = announce(folder, port)
    if not owned:
        watch(end_when_unwanted, folder, scratch, inode)
    try:
        asyncio.run(serve(app, config, shutdown_trigger=forever))
    finally:
        sys.stdout.flush()
        os.killpg(0, signal.SIGKILL)


main()
