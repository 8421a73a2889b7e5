"""Laws by category; see `law.py`."""
