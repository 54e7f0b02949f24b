"""People decide about what the machine doubted or got wrong; what they decide binds every later run.

Plain functions over a lakehouse, for the command line and for pages. Here: what is asked next and why (queue.py), deciding and taking back
(decide.py), people who disagree (adjudication.py), the weekly sample and how often the machine is overruled (calibration.py), and what
decisions make of the machine's rows (binding.py). Not here: the tables (contracts/review.py), what the local model learns (enrichment/).
"""
