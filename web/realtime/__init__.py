"""Socket.IO: its connections, topics and rooms."""

from web.realtime.redis_client import load_socketio

load_socketio()
