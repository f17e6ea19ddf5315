"""How ``models/encoder``, ``sentiment`` and ``intent`` are made."""
