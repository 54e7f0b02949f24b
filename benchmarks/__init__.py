"""Speed, memory and quality, side by side with what a user would pick instead. The figures stand in docs/benchmarks.md."""
