"""One engine plug-in per module; heavy libraries load when a roll-out starts."""
