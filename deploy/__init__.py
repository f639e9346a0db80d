"""RUN: the `carrel` command, certificates, the demo, the doctor. The only room that may import all others."""
