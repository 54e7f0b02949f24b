"""What reaches the outside: whether a run may publish, and the outbox that every effect goes through.

Here: the purpose fence, intents and how they are settled, writing a file so that it is whole or absent.
Not here: what a ticket or an alert says, or who it goes to (tickets/, alerts/).
"""
