"""The command line: it reads arguments, calls one verb of `buck.flow`, and shows the answer."""
