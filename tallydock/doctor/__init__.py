"""Looking at a machine: ``probes`` measure, ``judging`` says what a measurement means."""
