"""The reads behind the commands: plain functions from tables to dictionaries. No click, no printing, no environment."""
