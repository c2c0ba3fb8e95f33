"""The application's PostgreSQL database: a real server, run as whoever starts it."""
