"""Pictures, curves and records of runs. Import the modules one by one: some need matplotlib, some the engine."""
