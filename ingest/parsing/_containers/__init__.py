"""Files that hold other files: archives, electronic books."""
