"""Training of the shipped models with NumPy and SciPy alone. Never imported at run time."""
