#!/usr/bin/env python3
"""A way to a server that takes its time: a TCP proxy.

delay.py PORT-FILE HOST:PORT MILLISECONDS [MB/S]

Bytes arrive half the milliseconds later, in each direction, as many as come, or
no more than so many million a second; a connection is there after all of the
milliseconds, as a handshake would take.
"""
import asyncio
import os
import sys

PORT_FILE, SERVER, RTT = sys.argv[1], sys.argv[2], float(sys.argv[3]) / 1000
RATE = float(sys.argv[4]) * 1e6 if len(sys.argv) > 4 else 0
HOST, PORT = SERVER.rsplit(":", 1)


async def carry(reader, writer):
    """One direction: what is read is written when its time has come."""
    loop = asyncio.get_running_loop()
    # What waits here has left the server: not much more than a way holds.
    queue = asyncio.Queue(maxsize=64 if RATE else 4096)
    free = 0  # when the way can take more

    async def write():
        nonlocal free
        while True:
            due, data = await queue.get()
            if RATE:
                due = free = max(due, free) + len(data) / RATE
            wait = due - loop.time()
            if wait > 0:
                await asyncio.sleep(wait)
            if not data:
                break
            writer.write(data)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()

    task = asyncio.create_task(write())
    try:
        while True:
            data = await reader.read(1 << 16 if RATE else 1 << 18)
            await queue.put((loop.time() + RTT / 2, data))
            if not data:
                break
        await task
    except OSError:
        task.cancel()


async def serve(reader, writer):
    await asyncio.sleep(RTT)
    up_reader, up_writer = await asyncio.open_connection(HOST, int(PORT))
    await asyncio.gather(carry(reader, up_writer), carry(up_reader, writer))
    up_writer.close()
    writer.close()


async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0, limit=1 << 20)
    with open(PORT_FILE + ".new", "w") as f:
        f.write(str(server.sockets[0].getsockname()[1]))
    os.rename(PORT_FILE + ".new", PORT_FILE)
    await server.serve_forever()


asyncio.run(main())
