from web.realtime.redis_client import load_socketio

load_socketio()
