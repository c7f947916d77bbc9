"""What files cost over WebDAV, beside Apache's mod_dav and wsgidav (__main__.py), and to be found (search.py)."""
