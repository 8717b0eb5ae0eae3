"""A bare aiohttp server that reads what it is sent and answers what it was told to; prints its port."""

from __future__ import annotations

import asyncio
import sys

from aiohttp import web


def _app(reply: str) -> web.Application:
    async def answer(request: web.Request) -> web.Response:
        await request.read()
        return web.Response(text=reply, content_type="application/json")

    async def socket(request: web.Request) -> web.WebSocketResponse:
        connection = web.WebSocketResponse()
        await connection.prepare(request)
        async for _ in connection:
            await connection.send_str(reply)
        return connection

    app = web.Application()
    app.router.add_get("/socket", socket)
    app.router.add_post("/{path:.*}", answer)
    return app


async def _serve(reply: str) -> None:
    runner = web.AppRunner(_app(reply), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_serve(sys.argv[1]))
