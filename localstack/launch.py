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
