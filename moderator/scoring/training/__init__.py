"""How the embedded scorer's weights are made. Not needed to score."""
