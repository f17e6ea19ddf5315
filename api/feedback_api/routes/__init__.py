"""Routes, one module a matter. Each endpoint opens one session and commits before it answers."""
