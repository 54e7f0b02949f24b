"""Speed, memory and quality, side by side with what a user would pick instead. `make bench` runs them; docs/benchmarks.md keeps the figures."""
