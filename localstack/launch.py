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
import dataclasses
import hashlib
import inspect
import json
import os
import re
import shutil
import signal
import socket
import sys
import threading
import time
from datetime import datetime, timezone

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


def announce(folder, port, auth):
    """Writes run.json and returns what tells it from any other file of that name."""
    path = os.path.join(folder, "run.json")
    temporary = path + ".new"
    with open(temporary, "w") as file:
        json.dump({"pid": os.getpid(), "port": port, "auth": auth}, file)
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


def policy_variables(context):
    """Replaces `${key}` in what it is given, as far as the request has the key; nothing equals what remains."""
    from ministack.core import iam_evaluator

    def fill(value):
        if isinstance(value, dict):
            return {key: fill(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [fill(inner) for inner in value]
        return re.sub(r"\$\{([^}]+)\}", found, value) if isinstance(value, str) else value

    def found(variable):
        value = iam_evaluator._resolve_condition_key(variable[1], context)
        return value if isinstance(value, str) else variable[0]

    return fill


def evaluate_as_iam_does():
    """The emulator takes the session for the principal where AWS takes its role, does not tell which function a
    session was made for, and takes no variables in policies."""
    from ministack.core import iam_evaluator
    from ministack.services import lambda_svc

    expect(
        iam_evaluator,
        _first_match="dc96ef4846c742126bf10b8f9e434cb105140526498de8234d136b36db8df463",
        _resolve_condition_key="15e26964cd38f32c421942a5542a689cb51b63a4e8f746932323a9aeb1caba0c",
    )
    match, resolve = iam_evaluator._first_match, iam_evaluator._resolve_condition_key

    def first_match(context, statements, effect):
        fill = policy_variables(context)
        for statement in statements:
            filled = dataclasses.replace(
                statement,
                resources=fill(statement.resources),
                not_resources=fill(statement.not_resources),
                conditions=fill(statement.conditions),
            )
            if match(context, [filled], effect):
                return statement
        return None

    def resolve_condition_key(key, context):
        value = resolve(key, context)
        if key.lower() == "aws:principalarn":
            return re.sub(r":sts:(.*):assumed-role/([^/]+)/.*", r":iam:\1:role/\2", value)
        if key.lower() == "lambda:sourcefunctionarn":
            # Lambda names a session after the function.
            function = lambda_svc._functions.get(context.principal_arn.rsplit("/", 1)[-1])
            return function["config"]["FunctionArn"] if function else None
        return value

    iam_evaluator._first_match = first_match
    iam_evaluator._resolve_condition_key = resolve_condition_key


def told_of_lock(mode, until):
    """What S3 tells policies of a lock that is asked for."""
    left = datetime.fromisoformat(until.replace("Z", "+00:00")) - datetime.now(timezone.utc)
    return {
        "s3:object-lock-mode": mode,
        "s3:object-lock-retain-until-date": until,
        "s3:object-lock-remaining-retention-days": str(left.days),
    }


def tell_iam_of_puts():
    """The emulator tells policies nothing of the key and the lock that an object is put under and of what the put is
    conditional on, nor asks whether whoever puts it may lock it."""
    from ministack.core import iam_actions

    expect(
        iam_actions,
        s3_service_context="83e53d14d02c3a916deffcd06258848ee893d7e6110c8110484ae5a8c00ddc69",
        s3_additional_checks="26e5e5602d74314091cf170f8bfb71718e498af2af215da54fb00b975eb6f261",
    )
    tell, check = iam_actions.s3_service_context, iam_actions.s3_additional_checks
    mode, until = "x-amz-object-lock-mode", "x-amz-object-lock-retain-until-date"
    others = ("x-amz-server-side-encryption-aws-kms-key-id", "if-match", "if-none-match")

    def context(action, query, path="", headers=None):
        told, headers = tell(action, query, path, headers), headers or {}
        if action != "s3:PutObject":
            return told
        told |= {f"s3:{name}": headers[name] for name in others if headers.get(name)}
        return told | told_of_lock(headers[mode], headers[until]) if headers.get(mode) and headers.get(until) else told

    def checks(method, path, headers, body, query):
        asked = check(method, path, headers, body, query)
        bucket, _, name = path.lstrip("/").partition("/")
        if iam_actions._s3_action(method, path, query) == "PutObject" and name and headers.get(mode):
            asked = asked + [("s3:PutObjectRetention", f"arn:aws:s3:::{bucket}/{name}")]
        return asked

    iam_actions.s3_service_context = context
    iam_actions.s3_additional_checks = checks


def tell_iam_of_partitions():
    """The emulator does not tell policies which partition keys a request of DynamoDB is about."""
    from ministack.core import iam_actions
    from ministack.services import dynamodb

    expect(iam_actions, dynamodb_service_context="0f0021bdc8a3f13c08e31cc7148fc9ffc139fdf8e87d569ee49bb78859d1804f")
    tell = iam_actions.dynamodb_service_context

    def leading(request):
        table = dynamodb._tables.get(request.get("TableName", "").rsplit("/", 1)[-1])
        name = table["pk_name"] if table else None
        for member in ("Key", "Item"):
            if name in request.get(member, {}):
                yield from request[member][name].values()
        names, values = request.get("ExpressionAttributeNames", {}), request.get("ExpressionAttributeValues", {})
        for left, right in re.findall(r"(#?\w+)\s*=\s*(:\w+)", request.get("KeyConditionExpression", "")):
            if names.get(left, left) == name and right in values:
                yield from values[right].values()

    def context(body):
        request, told = json.loads(body or b"{}"), tell(body)
        requests = [request]
        for item in request.get("TransactItems", []):
            requests += item.values()
        keys = [key for each in requests for key in leading(each)]
        return {**told, "dynamodb:LeadingKeys": keys} if keys else told

    iam_actions.dynamodb_service_context = context


def tell_iam_of_bodies():
    """The emulator tells policies nothing of what the body of a request asks for: how KMS is to sign, for how long an
    object is to be locked from now on."""
    from ministack.core import iam_actions
    from ministack.core.responses import get_account_id

    expect(iam_actions, request_tag_context="d46adb816e024778849a7919c64f0d53773c5b181cc759ce69db89215ce77154")
    tell = iam_actions.request_tag_context

    def context(service, action, body, parameters):
        told = tell(service, action, body, parameters)
        if action == "s3:PutObjectRetention":
            found = [re.search(rf"<{member}>([^<]+)</", body.decode()) for member in ("Mode", "RetainUntilDate")]
            return {**told, **told_of_lock(*(match[1] for match in found))} if all(found) else told
        if service != "kms":
            return told
        request = json.loads(body or b"{}")
        told["kms:CallerAccount"] = get_account_id()
        if "SigningAlgorithm" in request:
            told["kms:SigningAlgorithm"] = request["SigningAlgorithm"]
            told["kms:MessageType"] = request.get("MessageType", "RAW")
        for name, value in request.get("EncryptionContext", {}).items():
            told[f"kms:EncryptionContext:{name}"] = value
        return told

    iam_actions.request_tag_context = context


def tell_iam_which_stream_is_read():
    """The emulator does not know which stream a request is about that names an iterator only."""
    from ministack.core import iam_actions
    from ministack.services import kinesis

    expect(iam_actions, extract_resource_arn="82f51700695c62fdca72583e1c264cc146fc22d5aa0a5faebabc3aa0a798f2e9")
    extract = iam_actions.extract_resource_arn

    def resource(service, method, path, headers, body, *rest):
        request = json.loads(body) if service == "kinesis" and body[:1] == b"{" else {}
        state = kinesis._shard_iterators.get(request.get("ShardIterator"))
        if state:
            return kinesis._streams[state["stream"]]["StreamARN"]
        return extract(service, method, path, headers, body, *rest)

    iam_actions.extract_resource_arn = resource


def as_through_tls(app):
    """Requests are taken as if a proxy had ended TLS before here, unless they say that one did not: nobody else can
    hear what passes on a loopback address, and policies refuse all that is."""

    async def through(scope, receive, send):
        if scope["type"] == "http" and not any(name == b"x-forwarded-proto" for name, _ in scope["headers"]):
            scope = {**scope, "headers": [*scope["headers"], (b"x-forwarded-proto", b"https")]}
        await app(scope, receive, send)

    return through


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
    from ministack.app import AUTH, app

    number_as_kinesis_does()
    keep_parents_when_resharding()
    tell_of_closed_shards()
    if AUTH:
        evaluate_as_iam_does()
        tell_iam_of_puts()
        tell_iam_of_partitions()
        tell_iam_of_bodies()
        tell_iam_which_stream_is_read()
        app = as_through_tls(app)
    config = Config()
    config.bind = [f"fd://{listener.detach()}"]
    config.keep_alive_timeout = 75
    config.loglevel = os.environ["LOG_LEVEL"]

    inode = announce(folder, port, AUTH)
    if not owned:
        watch(end_when_unwanted, folder, scratch, inode)
    try:
        asyncio.run(serve(app, config, shutdown_trigger=forever))
    finally:
        sys.stdout.flush()
        os.killpg(0, signal.SIGKILL)


main()
