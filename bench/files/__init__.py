"""What files cost over WebDAV, beside Apache's mod_dav and wsgidav in the same run; see __main__.py."""
