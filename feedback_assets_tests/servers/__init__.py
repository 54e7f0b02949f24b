"""Tests against real servers that are not part of the project. They need what `make test-servers` installs, and say so without it."""
