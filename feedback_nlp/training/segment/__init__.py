"""How ``models/segment`` is made: where one point ends."""
