"""A small HTTP/2 origin on the h2 package: answers every stream with the size of what was sent."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import h2.config
import h2.connection
import h2.events


async def serve_http2(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, note: Callable[[str], None]) -> None:
    connection = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False, header_encoding="utf-8"))
    connection.initiate_connection()
    writer.write(connection.data_to_send())
    paths: dict[int, str] = {}
    received: dict[int, int] = {}
    while data := await reader.read(65536):
        for event in connection.receive_data(data):
            if isinstance(event, h2.events.RequestReceived):
                fields = [(_text(name), _text(value)) for name, value in event.headers]
                paths[event.stream_id] = dict(fields)[":path"]
                received[event.stream_id] = 0
                note("\r\n".join(f"{name}: {value}" for name, value in fields))
            elif isinstance(event, h2.events.DataReceived):
                received[event.stream_id] += len(event.data)
                connection.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            elif isinstance(event, h2.events.StreamEnded):
                body = f"h2 {paths[event.stream_id]} {received[event.stream_id]}".encode()
                connection.send_headers(event.stream_id, [(":status", "200"), ("content-length", str(len(body)))])
                connection.send_data(event.stream_id, body, end_stream=True)
        writer.write(connection.data_to_send())
        await writer.drain()


def _text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.decode("latin-1")
