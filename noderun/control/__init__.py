"""The unix socket through which people and machines ask the service; its file permissions are the authentication."""
