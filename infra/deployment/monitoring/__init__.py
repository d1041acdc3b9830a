"""How a deployment is watched: what its logs count, what it promises, what it shows, and who is told when."""
