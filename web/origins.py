"""Which origins (RFC 6454) are ours, for requests and sockets alike."""

from urllib.parse import urlsplit

from collab.core.settings import Settings

LOOPBACK_NAMES = ("127.0.0.1", "localhost")


def own_origins(settings: Settings) -> set[str]:
    """The public address; where none is set and we listen on loopback, each of its names."""
    public = urlsplit(settings.public_url)
    origins = {f"{public.scheme}://{public.netloc}"}
    if not settings.server.public_url and settings.server.host in LOOPBACK_NAMES:
        origins |= {f"http://{name}:{settings.server.port}" for name in LOOPBACK_NAMES}
    return origins


# The doors of programs with a token of their own, open to pages of any origin (RFC 9725 4.8).
MEDIA_DOORS = ("/whip/", "/whep/")
# The door of programs that keep files; no browser's cookie opens it.
DAV_DOOR = "/dav/"
ANY_ORIGIN = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, If-Match",
    "Access-Control-Expose-Headers": "Location, ETag, Link, Accept-Patch",
    "Access-Control-Max-Age": "86400",
    "Cross-Origin-Resource-Policy": "cross-origin",
}
