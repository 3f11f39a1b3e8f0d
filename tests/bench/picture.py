"""The run's medians as a picture."""
def svg(results):
    raise NotImplementedError
