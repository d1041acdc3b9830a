"""What Pub/Sub pushes: messages, and the dead letters among them."""
