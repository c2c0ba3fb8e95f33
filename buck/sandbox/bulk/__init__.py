"""Raw tables by the million, made without any server."""
