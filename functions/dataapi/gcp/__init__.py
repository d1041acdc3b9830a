"""Where the functions touch the outside: environment, Pub/Sub, Firestore, standard output."""
